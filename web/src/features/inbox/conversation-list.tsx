import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { CheckCheck, Inbox, Search, SearchX, X } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CurrentOrganization } from '@/app/organization'
import { useUser } from '@/app/session'
import { QueryError } from '@/components/api-error'
import { Alert } from '@/components/ui/alert'
import { Button } from '@/components/ui/button'
import { EmptyState } from '@/components/ui/empty-state'
import { IconButton } from '@/components/ui/icon-button'
import { Input } from '@/components/ui/input'
import { SkeletonRows } from '@/components/ui/skeleton'
import { Spinner } from '@/components/ui/spinner'
import { drafts, useDraftConversations } from '@/lib/drafts'
import { useHotkey } from '@/lib/hotkeys'
import { accountsOptions, conversationListOptions, trimList } from './api'
import { rowsOf } from './cache'
import { ConversationRow } from './conversation-row'
import { ListFilters } from './list-filters'
import { ListTabs } from './list-tabs'
import { DEFAULT_TAB, hasFilters, type InboxSearch, type Tab } from './search'
import { SoundMenu, SoundQuestion } from './sound'
import { useNow } from './use-now'

/** Rows before the end at which the next page is asked for. */
const AHEAD = 15
const ROW_HEIGHT = 104
const SEARCH_AFTER_MS = 300

/** Where each list was scrolled to, for the way back from a thread on a phone. */
const offsets = new Map<string, number>()

interface Props {
  organization: CurrentOrganization
  search: InboxSearch
  openId: string | undefined
}

export function ConversationList({ organization, search, openId }: Props) {
  const { t } = useTranslation('inbox')
  const navigate = useNavigate()
  const tab = search.tab ?? DEFAULT_TAB
  const change = (next: Partial<InboxSearch>) =>
    void navigate({
      to: openId ? '/inbox/$conversationId' : '/inbox',
      params: openId ? { conversationId: openId } : {},
      search: { ...search, ...next },
      replace: true,
    })
  return (
    <section aria-label={t('list_label')} className="flex h-full min-h-0 flex-col">
      <div className="flex items-center gap-1 px-3 pt-2">
        <h1 className="min-w-0 flex-1 truncate text-xl">{t('title')}</h1>
        <SoundMenu />
        <ListFilters organizationId={organization.id} search={search} onChange={change} />
      </div>
      <SearchBox q={search.q} onChange={(q) => change({ q })} />
      <ListTabs organizationId={organization.id} search={search} tab={tab} openId={openId} />
      <SoundQuestion />
      <Rows
        key={JSON.stringify([organization.id, search])}
        organization={organization}
        search={search}
        tab={tab}
        openId={openId}
        onClear={() =>
          change({
            q: undefined,
            platform: undefined,
            account: undefined,
            assignee: undefined,
            unread: undefined,
          })
        }
      />
    </section>
  )
}

function SearchBox({ q, onChange }: { q: string | undefined; onChange(q: string | undefined): void }) {
  const { t } = useTranslation('inbox')
  const input = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(q ?? '')
  const [shown, setShown] = useState(q)
  // The URL changed by another way (Back, clear filters): it wins over what stands in the box.
  if (shown !== q) {
    setShown(q)
    if ((q ?? '') !== text.trim()) setText(q ?? '')
  }
  const latest = useRef(onChange)
  useEffect(() => {
    latest.current = onChange
  })
  useEffect(() => {
    const next = text.trim().slice(0, 200) || undefined
    if (next === q) return
    const timer = setTimeout(() => latest.current(next), SEARCH_AFTER_MS)
    return () => clearTimeout(timer)
  }, [text, q])
  useHotkey('/', () => input.current?.focus(), { label: t('keys.search'), group: t('keys.group') })
  return (
    <search className="relative block px-3 py-2">
      <Input
        ref={input}
        type="text"
        inputMode="search"
        enterKeyHint="search"
        aria-label={t('search_label')}
        placeholder={t('search_placeholder')}
        value={text}
        maxLength={200}
        icon={<Search className="size-4" />}
        className="pr-11"
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') setText('')
        }}
      />
      {text && (
        <IconButton
          label={t('clear_search')}
          tooltip={false}
          className="absolute top-2 right-3"
          onClick={() => {
            setText('')
            input.current?.focus()
          }}
        >
          <X aria-hidden="true" />
        </IconButton>
      )}
    </search>
  )
}

interface RowsProps extends Props {
  tab: Tab
  onClear(): void
}

function Rows({ organization, search, tab, openId, onClear }: RowsProps) {
  const { t } = useTranslation('inbox')
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const user = useUser()
  const now = useNow()
  const options = conversationListOptions(organization.id, search, tab)
  const query = useInfiniteQuery(options)
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage, isFetchNextPageError } = query
  const rows = useMemo(() => rowsOf(data), [data])
  const withDraft = useDraftConversations(organization.id, user.id)
  const key = JSON.stringify(options.queryKey)
  const scroller = useRef<HTMLDivElement>(null)

  useEffect(() => {
    void drafts.list(organization.id, user.id)
  }, [organization.id, user.id])
  useEffect(() => () => trimList(queryClient, JSON.parse(key) as readonly unknown[]), [queryClient, key])

  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 6,
    initialOffset: () => offsets.get(key) ?? 0,
    onChange: (instance) => void offsets.set(key, instance.scrollOffset ?? 0),
  })
  const shown = virtualizer.getVirtualItems()
  const lastShown = shown.at(-1)?.index ?? 0
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && !isFetchNextPageError && lastShown >= rows.length - AHEAD)
      void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, isFetchNextPageError, lastShown, rows.length, fetchNextPage])

  // Where the keys have gone, until the address follows: two quick presses are two steps.
  const going = useRef(openId)
  useEffect(() => {
    going.current = openId
  }, [openId])
  const step = (by: 1 | -1) => {
    const at = rows.findIndex((row) => row.id === going.current)
    const next = at < 0 ? (by === 1 ? 0 : -1) : at + by
    const row = rows[next]
    if (!row) return
    going.current = row.id
    virtualizer.scrollToIndex(next, { align: 'auto' })
    void navigate({ to: '/inbox/$conversationId', params: { conversationId: row.id }, search })
  }
  const group = t('keys.group')
  useHotkey('j', () => step(1), { label: t('keys.next'), group })
  useHotkey('k', () => step(-1), { label: t('keys.previous'), group })

  if (query.isPending) return <SkeletonRows count={8} className="min-h-0 flex-1 overflow-hidden" />
  if (error && rows.length === 0) {
    return <QueryError error={error} pending={query.isFetching} onRetry={() => void query.refetch()} />
  }
  if (rows.length === 0)
    return <NoRows organizationId={organization.id} search={search} tab={tab} onClear={onClear} />

  return (
    <>
      {error && !isFetchNextPageError && (
        <Alert
          tone="warn"
          live="polite"
          className="m-2"
          action={
            <Button size="sm" variant="secondary" onClick={() => void query.refetch()}>
              {t('try_again')}
            </Button>
          }
        >
          {t('stale_list')}
        </Alert>
      )}
      <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto overscroll-contain">
        <ul style={{ height: virtualizer.getTotalSize() }} className="relative">
          {shown.map((item) => {
            const row = rows[item.index]
            if (!row) return null
            return (
              <li
                key={item.key}
                data-index={item.index}
                ref={virtualizer.measureElement}
                aria-posinset={item.index + 1}
                aria-setsize={hasNextPage ? -1 : rows.length}
                className="absolute inset-x-0 top-0"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <ConversationRow
                  conversation={row}
                  userId={user.id}
                  draft={withDraft.has(row.id)}
                  current={row.id === openId}
                  now={now}
                />
              </li>
            )
          })}
        </ul>
        {isFetchingNextPage && (
          <p className="flex items-center justify-center gap-2 p-3 text-muted text-sm">
            <Spinner /> {t('loading_more')}
          </p>
        )}
        {isFetchNextPageError && (
          <Alert
            tone="danger"
            live="polite"
            className="m-2"
            action={
              <Button size="sm" variant="secondary" onClick={() => void fetchNextPage()}>
                {t('try_again')}
              </Button>
            }
          >
            {t('more_failed')}
          </Alert>
        )}
      </div>
    </>
  )
}

interface NoRowsProps {
  organizationId: string
  search: InboxSearch
  tab: Tab
  onClear(): void
}

function NoRows({ organizationId, search, tab, onClear }: NoRowsProps) {
  const { t } = useTranslation('inbox')
  const accounts = useQuery(accountsOptions(organizationId)).data
  if (hasFilters(search)) {
    return (
      <EmptyState
        icon={<SearchX />}
        title={t('empty.no_result_title')}
        text={t('empty.no_result_text')}
        action={
          <Button variant="secondary" onClick={onClear}>
            {t('clear_filters')}
          </Button>
        }
      />
    )
  }
  if (accounts && accounts.items.length === 0) {
    return (
      <EmptyState
        icon={<Inbox />}
        title={t('empty.no_account_title')}
        text={t('empty.no_account_text')}
        action={
          <Button asChild>
            <Link to="/social/accounts">{t('empty.no_account_action')}</Link>
          </Button>
        }
      />
    )
  }
  return (
    <EmptyState
      icon={tab === 'needs_human' ? <CheckCheck /> : <Inbox />}
      title={t(`empty.${tab}_title`)}
      text={t(`empty.${tab}_text`)}
    />
  )
}
