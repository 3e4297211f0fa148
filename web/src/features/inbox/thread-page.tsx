import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, Outlet, useMatch, useParams } from '@tanstack/react-router'
import { ArrowLeft } from 'lucide-react'
import { useCallback, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { toApiError } from '@/api/client'
import { type CurrentOrganization, useOrganization } from '@/app/organization'
import { useUser } from '@/app/session'
import { QueryError } from '@/components/api-error'
import { Button } from '@/components/ui/button'
import { EmptyState } from '@/components/ui/empty-state'
import { lazyModule, useModule } from '@/components/ui/lazy-module'
import { SkeletonBubbles, SkeletonLines } from '@/components/ui/skeleton'
import { useMediaQuery } from '@/components/ui/use-media-query'
import type { DraftMode } from '@/lib/drafts'
import { useHotkey } from '@/lib/hotkeys'
import { accountsOptions, messagesOptions } from './api'
import type { BubbleContext } from './bubble'
import { Composer } from './composer'
import { useContactName } from './names'
import { useOthers, useTellPresence } from './presence'
import { PresenceLine } from './presence-line'
import { canReply, ownerOf } from './rules'
import { Thread } from './thread'
import { ThreadHeader } from './thread-header'
import type { Conversation } from './types'
import { useConversation } from './use-conversation'
import { useNow } from './use-now'

/** Not on phones: they show it under its own address. */
const contactPanel = lazyModule(() => import('./contact-panel'))

export function ThreadPage() {
  const { t } = useTranslation('inbox')
  const { conversationId } = useParams({ from: '/_app/inbox/$conversationId' })
  const organization = useOrganization()
  const query = useConversation(organization.id, conversationId)
  const contactOpen =
    useMatch({ from: '/_app/inbox/$conversationId/contact', shouldThrow: false }) !== undefined
  const small = useMediaQuery('(max-width: 767px)')

  if (query.data && contactOpen && small) return <Outlet />
  if (query.data) {
    return (
      <>
        <OpenConversation
          key={`${organization.id} ${conversationId}`}
          organization={organization}
          conversation={query.data}
        />
        <Outlet />
      </>
    )
  }
  if (query.isPending) return <SkeletonBubbles count={8} />
  const { status } = toApiError(query.error)
  return (
    <div className="grid content-start gap-2 p-4">
      <Link to="/inbox" search className="tap inline-flex items-center gap-2 justify-self-start md:hidden">
        <ArrowLeft aria-hidden="true" className="size-5" /> {t('back_to_list')}
      </Link>
      {status === 404 || status === 400 || status === 422 ? (
        <EmptyState
          title={t('not_found_title')}
          action={
            <Button asChild variant="secondary">
              <Link to="/inbox" search>
                {t('back_to_list')}
              </Link>
            </Button>
          }
        />
      ) : (
        <QueryError error={query.error} pending={query.isFetching} onRetry={() => void query.refetch()} />
      )}
    </div>
  )
}

interface OpenProps {
  organization: CurrentOrganization
  conversation: Conversation
}

function OpenConversation({ organization, conversation }: OpenProps) {
  const { t } = useTranslation('inbox')
  const user = useUser()
  const now = useNow()
  const wide = useMediaQuery('(min-width: 1280px)')
  const panel = useModule(contactPanel, wide)
  const operator = organization.can('operator') && !organization.viewing
  const contactName = useContactName()(conversation)
  const [mode, setMode] = useState<DraftMode>('reply')
  const area = useRef<HTMLTextAreaElement>(null)
  const account = useQuery(accountsOptions(organization.id)).data?.items.find(
    (one) => one.id === conversation.account_id,
  )
  const others = useOthers(conversation.id, user.id)
  const onTyping = useTellPresence(organization.id, conversation.id, operator)
  const answering = useAiAnswering(organization.id, conversation, now)

  const context = useMemo<BubbleContext>(
    () => ({
      organizationId: organization.id,
      accountId: conversation.account_id,
      userId: user.id,
      contactName,
      operator,
    }),
    [organization.id, conversation.account_id, user.id, contactName, operator],
  )
  const write = useCallback((next: DraftMode) => {
    setMode(next)
    area.current?.focus()
  }, [])
  const group = t('keys.group')
  useHotkey('r', () => write('reply'), { label: t('keys.reply'), group, when: operator })
  useHotkey('n', () => write('note'), { label: t('keys.note'), group, when: operator })

  return (
    <div className="flex h-full min-h-0">
      <section
        aria-label={t('thread_label', { name: contactName })}
        className="flex min-h-0 min-w-0 flex-1 flex-col"
      >
        <ThreadHeader
          organizationId={organization.id}
          conversation={conversation}
          userId={user.id}
          userName={user.name}
          operator={operator}
          now={now}
          panelShown={wide}
          takeOverBelow={operator && canReply(conversation, account, now)}
          onTakenOver={() => write('reply')}
        />
        <Thread conversation={conversation} context={context} />
        <PresenceLine others={others} answering={answering} />
        {operator ? (
          <Composer
            organizationId={organization.id}
            conversation={conversation}
            account={account}
            userId={user.id}
            contactName={contactName}
            now={now}
            mode={mode}
            onMode={setMode}
            area={area}
            onTyping={onTyping}
          />
        ) : (
          <p className="border-t px-3 py-3 text-muted text-sm">
            {organization.viewing ? t('viewing_text') : t('viewer_text')}
          </p>
        )}
      </section>
      {wide && (
        <aside aria-label={t('contact.title')} className="w-80 shrink-0 overflow-y-auto border-l">
          {panel ? (
            <panel.ContactPanel
              organizationId={organization.id}
              conversation={conversation}
              userId={user.id}
              operator={operator}
              now={now}
            />
          ) : (
            <SkeletonLines count={8} className="p-4" />
          )}
        </aside>
      )}
    </div>
  )
}

/** A customer's message waits for the AI's answer. */
function useAiAnswering(organizationId: string, conversation: Conversation, now: number): boolean {
  // Never asks by itself: the thread beside it does.
  const { data } = useInfiniteQuery({ ...messagesOptions(organizationId, conversation.id), enabled: false })
  const newest = data?.pages[0]?.items[0]
  return newest?.answer_state === 'due' && ownerOf(conversation, now) === 'ai'
}
