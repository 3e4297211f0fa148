import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, MessageSquare } from 'lucide-react'
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { QueryError } from '@/components/api-error'
import { Alert } from '@/components/ui/alert'
import { announce } from '@/components/ui/announcer'
import { Button } from '@/components/ui/button'
import { EmptyState } from '@/components/ui/empty-state'
import { SkeletonBubbles } from '@/components/ui/skeleton'
import { Spinner } from '@/components/ui/spinner'
import { useFormat } from '@/lib/format'
import { cutText } from '@/lib/text'
import { useMarkRead } from './actions'
import { messagesOptions, reopenThread } from './api'
import { type BubbleContext, Row } from './bubble'
import { inOrder } from './cache'
import { authorName, kindName } from './names'
import { outbox, useOutgoing } from './sending'
import { type ThreadRow, threadRows } from './thread-rows'
import type { Conversation, Message } from './types'
import { useFocused } from './use-now'

/** This close to the end counts as the end. */
const END_PX = 80
/** Rows before the top at which the older page is asked for. */
const AHEAD = 10

interface Props {
  conversation: Conversation
  context: BubbleContext
}

/** Longer texts are taller: a better guess means less jumping. */
function guess(row: ThreadRow | undefined): number {
  if (!row) return 72
  const text = row.kind === 'outgoing' ? row.item.text : (row.message.text ?? '')
  if (row.kind === 'event') return 36
  return 60 + Math.ceil(text.length / 48) * 26 + (row.day ? 48 : 0) + (row.first ? 28 : 0)
}

export function Thread({ conversation, context }: Props) {
  const { t } = useTranslation('inbox')
  const { organizationId } = context
  const queryClient = useQueryClient()
  const query = useInfiniteQuery(messagesOptions(organizationId, conversation.id))
  const { data, error, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = query
  const outgoing = useOutgoing(conversation.id)
  const messages = useMemo(() => inOrder(data), [data])
  const rows = useMemo(
    () => threadRows(messages, outgoing, context.userId),
    [messages, outgoing, context.userId],
  )
  // What was kept of an earlier look is shown at once, and read again.
  useEffect(
    () => reopenThread(queryClient, organizationId, conversation.id),
    [queryClient, organizationId, conversation.id],
  )
  useEffect(() => {
    if (outgoing.length === 0) return
    const known = new Set(messages.map((message) => message.client_id ?? ''))
    outbox.confirm(known)
  }, [messages, outgoing])

  if (query.isPending) return <SkeletonBubbles count={8} />
  if (error && messages.length === 0)
    return <QueryError error={error} pending={query.isFetching} onRetry={() => void query.refetch()} />
  if (rows.length === 0)
    return (
      <EmptyState icon={<MessageSquare />} title={t('thread_empty_title')} text={t('thread_empty_text')} />
    )
  return (
    <Log
      rows={rows}
      messages={messages}
      conversation={conversation}
      context={context}
      older={{
        more: hasNextPage,
        loading: isFetchingNextPage,
        failed: isFetchNextPageError,
        load: () => void fetchNextPage(),
      }}
    />
  )
}

interface LogProps extends Props {
  rows: ThreadRow[]
  messages: Message[]
  older: { more: boolean; loading: boolean; failed: boolean; load(): void }
}

function Log({ rows, messages, conversation, context, older }: LogProps) {
  const { t } = useTranslation('inbox')
  const scroller = useRef<HTMLDivElement>(null)
  const [atEnd, setAtEnd] = useState(true)
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => guess(rows[index]),
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 8,
    paddingStart: 8,
    paddingEnd: 8,
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: END_PX,
  })
  const toEnd = useCallback(() => virtualizer.scrollToEnd(), [virtualizer])
  useLayoutEffect(toEnd, [toEnd])

  const items = virtualizer.getVirtualItems()
  const first = items[0]?.index ?? 0
  const { more, loading, failed, load } = older
  const ready = useRef(false)
  useEffect(() => {
    // Not before the view has gone to the end: it begins at the top for a moment.
    if (ready.current && more && !loading && !failed && first <= AHEAD) load()
    ready.current = true
  }, [first, more, loading, failed, load])

  // Sending something brings its writer to the end, wherever they were.
  const lastOutgoing = rows.at(-1)?.kind === 'outgoing' ? rows.at(-1)?.key : undefined
  useEffect(() => {
    if (lastOutgoing) toEnd()
  }, [lastOutgoing, toEnd])

  const news = useNews(messages, atEnd, context)
  const newest = messages.at(-1)
  const focused = useFocused()
  const markRead = useMarkRead(context.organizationId, conversation.id)
  useEffect(() => {
    if (atEnd && focused && newest && conversation.unread_count > 0) markRead(newest.id)
  })

  const start = items[0]?.start ?? 0
  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={scroller}
        role="log"
        aria-label={t('thread_label', { name: context.contactName })}
        // New messages are announced once by themselves; rows that scrolling brings in are no news.
        aria-live="off"
        tabIndex={0}
        className="h-full overflow-y-auto overscroll-contain outline-offset-[-2px] [overflow-anchor:none]"
        onScroll={() => setAtEnd(virtualizer.isAtEnd(END_PX))}
      >
        <ol className="relative" style={{ height: virtualizer.getTotalSize() }}>
          {items.map((item) => {
            const row = rows[item.index]
            if (!row) return null
            return (
              <li
                key={item.key}
                data-index={item.index}
                ref={virtualizer.measureElement}
                className="absolute inset-x-0 top-0"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <Row row={row} context={context} />
              </li>
            )
          })}
        </ol>
      </div>
      {start <= 8 && (loading || failed) && (
        <div className="absolute inset-x-0 top-2 flex justify-center px-4">
          {failed ? (
            <Alert
              tone="danger"
              live="polite"
              action={
                <Button size="sm" variant="secondary" onClick={load}>
                  {t('try_again')}
                </Button>
              }
            >
              {t('older_failed')}
            </Alert>
          ) : (
            <p
              role="status"
              className="flex items-center gap-2 rounded-full border bg-raised px-3 py-1 text-muted text-sm"
            >
              <Spinner /> {t('older_loading')}
            </p>
          )}
        </div>
      )}
      {!atEnd && (
        <div className="pointer-events-none absolute inset-x-0 bottom-3 flex justify-center">
          <Pill count={news} onClick={toEnd} />
        </div>
      )}
    </div>
  )
}

function Pill({ count, onClick }: { count: number; onClick(): void }) {
  const { t } = useTranslation('inbox')
  const format = useFormat()
  return (
    <button
      type="button"
      onClick={onClick}
      className="tap pointer-events-auto inline-flex items-center gap-2 rounded-full border border-line-strong bg-raised px-4 font-semibold text-sm shadow-float hover:bg-hover"
    >
      <ArrowDown aria-hidden="true" className="size-4" />
      {count > 0 ? t('new_messages', { count, number: format.number(count) }) : t('to_newest')}
    </button>
  )
}

/** How many messages of others came since the end was last on screen; says each of them to screen readers. */
function useNews(messages: Message[], atEnd: boolean, context: BubbleContext): number {
  const { t } = useTranslation('inbox')
  const [seen, setSeen] = useState(() => messages.at(-1)?.id)
  const newest = messages.at(-1)
  const announced = useRef(newest?.id)
  if (atEnd && newest && seen !== newest.id) setSeen(newest.id)
  const ofOthers = (message: Message) =>
    message.kind !== 'event' && message.author_user_id !== context.userId && message.author !== 'note'
  useEffect(() => {
    const from = messages.findIndex((message) => message.id === announced.current)
    announced.current = messages.at(-1)?.id
    if (from < 0) return
    const fresh = messages.slice(from + 1).filter((message) => ofOthers(message))
    const last = fresh.at(-1)
    if (!last) return
    announce(
      t('arrived', {
        name: authorName(t, last, context.userId, context.contactName),
        text: cutText(last.text ?? kindName(t, last.kind), 200),
      }),
    )
  })
  const at = messages.findIndex((message) => message.id === seen)
  return at < 0 ? 0 : messages.slice(at + 1).filter(ofOthers).length
}
