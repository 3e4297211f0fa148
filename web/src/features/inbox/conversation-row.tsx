import { Link } from '@tanstack/react-router'
import { Bot, CircleAlert, Hand, Moon, PencilLine } from 'lucide-react'
import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import { PlatformIcon, usePlatformName } from '@/components/platform-icon'
import { Avatar } from '@/components/ui/avatar'
import { Badge } from '@/components/ui/badge'
import { Time } from '@/components/ui/time'
import { cn } from '@/lib/cn'
import { useFormat } from '@/lib/format'
import { type InboxT, kindName, useContactName } from './names'
import { isSnoozed, ownerOf } from './rules'
import type { Conversation } from './types'

interface Props {
  conversation: Conversation
  userId: string
  draft: boolean
  current: boolean
  /** Given by the list so that all rows turn at once. */
  now: number
}

function lastLine(t: InboxT, conversation: Conversation): string {
  const last = conversation.last_message
  if (!last) return t('no_message')
  const text = last.text?.replace(/\s+/g, ' ').trim() || kindName(t, last.kind)
  switch (last.author) {
    case 'human':
      return t('last_human', { text })
    case 'agent':
      return t('last_ai', { text })
    case 'note':
      return t('last_note', { text })
    default:
      return text
  }
}

/** One conversation of the list: everything a person needs to choose, also when it is only heard. */
export const ConversationRow = memo(function ConversationRow({
  conversation,
  userId,
  draft,
  current,
  now,
}: Props) {
  const { t } = useTranslation('inbox')
  const format = useFormat()
  const name = useContactName()(conversation)
  const platformName = usePlatformName()
  const { unread_count: unread, assignee, last_message: last } = conversation
  const closed = conversation.status === 'resolved'
  const snoozed = isSnoozed(conversation, now)
  const ai = ownerOf(conversation, now) === 'ai'
  return (
    <Link
      to="/inbox/$conversationId"
      params={{ conversationId: conversation.id }}
      search
      activeOptions={{ includeSearch: false }}
      preload={false}
      data-conversation={conversation.id}
      aria-current={current ? 'page' : undefined}
      className={cn(
        'flex gap-3 border-b px-3 py-2.5 no-underline outline-offset-[-2px] hover:bg-hover',
        current ? 'bg-brand-soft' : 'bg-bg',
      )}
    >
      <Avatar
        className="self-start"
        name={name}
        corner={<PlatformIcon platform={conversation.platform} className="size-4" />}
      />
      <span className="grid min-w-0 flex-1 grid-cols-[minmax(0,1fr)] gap-0.5">
        <span className="flex items-baseline gap-2">
          <span dir="auto" className={cn('min-w-0 flex-1 truncate text-base', unread > 0 && 'font-semibold')}>
            {name}
          </span>
          <span className="sr-only">{platformName(conversation.platform)}</span>
          <Time value={conversation.last_message_at} className="shrink-0 text-muted text-xs" />
        </span>
        <span className="flex items-center gap-2">
          <span
            dir="auto"
            className={cn('min-w-0 flex-1 truncate text-sm', unread > 0 ? 'text-fg' : 'text-muted')}
          >
            {lastLine(t, conversation)}
          </span>
          {unread > 0 && (
            <span className="shrink-0 rounded-full bg-brand px-2 font-semibold text-brand-fg text-xs">
              <span aria-hidden="true">{unread > 99 ? t('many_unread') : format.number(unread)}</span>
              <span className="sr-only">
                {t('unread_words', { count: unread, number: format.number(unread) })}
              </span>
            </span>
          )}
        </span>
        <span className="flex min-w-0 flex-wrap items-center gap-1">
          {draft && (
            <Badge tone="note" icon={<PencilLine />}>
              {t('draft')}
            </Badge>
          )}
          {last?.failure && (
            <Badge tone="danger" icon={<CircleAlert />}>
              {t('failed_mark')}
            </Badge>
          )}
          {conversation.needs_human && !closed && (
            <Badge tone="warn" icon={<Hand />}>
              {t('needs_human')}
            </Badge>
          )}
          {closed && <Badge>{t('closed_mark')}</Badge>}
          {snoozed && conversation.snoozed_until && (
            <Badge tone="info" icon={<Moon />}>
              {t('snoozed_until', { time: format.when(conversation.snoozed_until) })}
            </Badge>
          )}
          {ai ? (
            <Badge tone="bot" icon={<Bot />}>
              {t('owner_ai')}
            </Badge>
          ) : assignee || !conversation.needs_human ? (
            <Badge>
              <span className="sr-only">{t('filter_assignee')}: </span>
              {assignee ? (assignee.user_id === userId ? t('owner_me') : assignee.name) : t('owner_nobody')}
            </Badge>
          ) : null}
          {conversation.waiting_since && !closed && !ai && (
            <span className="truncate text-sm text-warn">
              {t('waiting', {
                time: format.duration(waitedSeconds(conversation.waiting_since, now)),
              })}
            </span>
          )}
        </span>
      </span>
    </Link>
  )
})

/** Whole minutes: a counter that jumps every second is noise. */
function waitedSeconds(since: string, now: number): number {
  const seconds = Math.max(60, (now - Date.parse(since)) / 1000)
  return Math.floor(seconds / 60) * 60
}
