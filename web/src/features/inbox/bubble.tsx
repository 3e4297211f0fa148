import { Bot, Check, CircleAlert, CircleHelp, Clock, Lock, WifiOff, X } from 'lucide-react'
import { memo, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useErrorText } from '@/components/api-error'
import { Button } from '@/components/ui/button'
import { lazyModule, useModule } from '@/components/ui/lazy-module'
import { Time } from '@/components/ui/time'
import { loadTexts } from '@/i18n'
import { cn } from '@/lib/cn'
import { type Format, useFormat } from '@/lib/format'
import { MessageContext } from './message-context'
import { MessageText } from './message-text'
import { authorName, type InboxT, kindName } from './names'
import type { OutboxItem } from './outbox'
import { outbox } from './sending'
import type { ThreadRow } from './thread-rows'
import { TroubleBox } from './trouble-box'
import type { Message } from './types'

/** Few messages have these: they come when a thread has one. */
const attachments = lazyModule(() => import('./attachments'))
const trouble = lazyModule(async () => {
  const [parts] = await Promise.all([import('./trouble'), loadTexts('failures')])
  return parts
})

export interface BubbleContext {
  organizationId: string
  accountId: string
  userId: string
  contactName: string
  /** May act: resend, dismiss. */
  operator: boolean
}

/** One row of the thread, with the day above it where a day begins. */
export const Row = memo(function Row({ row, context }: { row: ThreadRow; context: BubbleContext }) {
  const format = useFormat()
  return (
    <div className="px-3 pb-1 sm:px-4">
      {row.day && (
        <div className="flex items-center gap-3 py-3">
          <span aria-hidden="true" className="h-px flex-1 bg-line" />
          <span className="text-muted text-sm">{format.dayLabel(row.day)}</span>
          <span aria-hidden="true" className="h-px flex-1 bg-line" />
        </div>
      )}
      {row.kind === 'event' && <EventLine message={row.message} />}
      {row.kind === 'message' && <Bubble message={row.message} first={row.first} context={context} />}
      {row.kind === 'outgoing' && <OutgoingBubble item={row.item} first={row.first} />}
    </div>
  )
})

const EVENTS = [
  'taken_over',
  'handed_back',
  'resolved',
  'reopened',
  'snoozed',
  'unsnoozed',
  'assigned',
  'unassigned',
  'ai_handoff',
  'ai_paused_human',
] as const

function textOf(context: unknown, key: string): string | undefined {
  const value = typeof context === 'object' && context !== null ? Reflect.get(context, key) : undefined
  return typeof value === 'string' ? value : undefined
}

function eventText(t: InboxT, format: Format, message: Message): string {
  const event = EVENTS.find((one) => one === message.payload)
  const name = message.author_name ?? t('event.somebody')
  const byMember = Boolean(message.author_user_id)
  switch (event) {
    case undefined:
      return t('event.other')
    case 'snoozed':
      return t('event.snoozed', { name, time: format.dateTime(textOf(message.context, 'until') ?? '') })
    case 'assigned':
      return textOf(message.context, 'user_id') === message.author_user_id
        ? t('event.assigned_self', { name })
        : t('event.assigned', { name, assignee: textOf(message.context, 'name') ?? t('event.somebody') })
    case 'reopened':
      return byMember ? t('event.reopened', { name }) : t('event.reopened_customer')
    case 'unsnoozed':
      return byMember ? t('event.unsnoozed', { name }) : t('event.unsnoozed_customer')
    default:
      return t(`event.${event}`, { name })
  }
}

function EventLine({ message }: { message: Message }) {
  const { t } = useTranslation('inbox')
  const format = useFormat()
  return (
    <p className="py-1 text-center text-muted text-sm">
      {eventText(t, format, message)} · <Time value={message.ordered_at} as="time" className="text-xs" />
    </p>
  )
}

const LOOKS = {
  customer: 'bg-panel self-start',
  agent: 'bg-bot-soft self-end',
  human: 'bg-brand-soft self-end',
  note: 'bg-note-soft self-end border border-note border-dashed',
  system: 'bg-panel self-end',
}

interface ShellProps {
  look: keyof typeof LOOKS
  name: string | null
  icon?: ReactNode
  foot: ReactNode
  children: ReactNode
  below?: ReactNode
}

function BubbleShell({ look, name, icon, foot, children, below }: ShellProps) {
  const left = look === 'customer'
  return (
    <div className={cn('flex min-w-0 flex-col gap-0.5', left ? 'items-start' : 'items-end')}>
      {name && (
        <p className="flex max-w-full items-center gap-1 px-1 pt-2 text-muted text-sm">
          {icon}
          <span dir="auto" className="min-w-0 truncate">
            {name}
          </span>
        </p>
      )}
      <div className={cn('grid min-w-0 max-w-[85%] gap-1 rounded-lg px-3 py-2 md:max-w-[75%]', LOOKS[look])}>
        {children}
        <p className="flex flex-wrap items-center justify-end gap-x-2 text-muted text-xs">{foot}</p>
      </div>
      {below}
    </div>
  )
}

/** Did not arrive, or waits because of a failure. */
function isTroubled({ state, failure }: Message): boolean {
  if (state === 'failed' || state === 'unknown') return true
  return Boolean(failure) && (state === 'queued' || state === 'sending')
}

interface BubbleProps {
  message: Message
  first: boolean
  context: BubbleContext
}

function Bubble({ message, first, context }: BubbleProps) {
  const { t } = useTranslation('inbox')
  const look = message.author in LOOKS ? (message.author as keyof typeof LOOKS) : 'system'
  const outbound = look === 'agent' || look === 'human' || look === 'system'
  const name = authorName(t, message, context.userId, context.contactName)
  const text = message.text?.trim() ? message.text : null
  const hasAttachments = Array.isArray(message.attachments) && message.attachments.length > 0
  const shown = useModule(attachments, hasAttachments)
  const troubled = useModule(trouble, outbound && isTroubled(message))
  return (
    <BubbleShell
      look={look}
      name={first ? name : null}
      icon={
        look === 'agent' ? (
          <Bot aria-hidden="true" className="size-4 text-bot" />
        ) : look === 'note' ? (
          <Lock aria-hidden="true" className="size-4 text-note" />
        ) : null
      }
      foot={
        <>
          {look === 'note' && <span>{t('state.note')}</span>}
          {message.parts.some((part) => part.possible_duplicate) && <span>{t('duplicate')}</span>}
          {outbound && message.state !== 'received' && <Status state={message.state} />}
          <Time value={message.ordered_at} as="time" />
        </>
      }
      below={troubled ? <troubled.Trouble message={message} context={context} /> : null}
    >
      {!first && <span className="sr-only">{name}</span>}
      <MessageContext value={message.context} />
      {text && <MessageText text={text} />}
      {shown && <shown.Attachments value={message.attachments} messageKind={message.kind} />}
      {!text && !shown && <p className="text-muted text-sm">{kindName(t, message.kind)}</p>}
    </BubbleShell>
  )
}

const STATES = {
  queued: Clock,
  sending: Clock,
  waiting: WifiOff,
  sent: Check,
  failed: CircleAlert,
  unknown: CircleHelp,
  cancelled: X,
}

function Status({ state }: { state: string }) {
  const { t } = useTranslation('inbox')
  const known = state in STATES ? (state as keyof typeof STATES) : null
  if (!known) return null
  const Icon = STATES[known]
  const bad = known === 'failed' || known === 'unknown'
  return (
    <span className={cn('inline-flex items-center gap-1', bad && 'font-semibold text-danger')}>
      <Icon aria-hidden="true" className="size-3.5 shrink-0" />
      {t(`state.${known}`)}
    </span>
  )
}

/** A message of this person that the server does not have yet, or has refused. */
function OutgoingBubble({ item, first }: { item: OutboxItem; first: boolean }) {
  const { t } = useTranslation('inbox')
  const errorText = useErrorText()
  const note = item.kind === 'note'
  return (
    <BubbleShell
      look={note ? 'note' : 'human'}
      name={first ? (note ? t('by_note_you') : t('by_you')) : null}
      icon={note ? <Lock aria-hidden="true" className="size-4 text-note" /> : null}
      foot={
        <>
          <Status state={item.state} />
          <Time value={item.createdAt} as="time" />
        </>
      }
      below={
        item.state === 'failed' || item.state === 'waiting' ? (
          <TroubleBox tone={item.state === 'failed' ? 'danger' : 'warn'}>
            <p>{item.state === 'failed' ? errorText(item.error) : t('waiting_text')}</p>
            <div className="flex flex-wrap justify-end gap-2">
              <Button size="sm" variant="secondary" onClick={() => outbox.retry(item.clientId)}>
                {t('retry')}
              </Button>
              <Button size="sm" variant="ghost" onClick={() => outbox.remove(item.clientId)}>
                {t('delete')}
              </Button>
            </div>
          </TroubleBox>
        ) : null
      }
    >
      {!first && <span className="sr-only">{note ? t('by_note_you') : t('by_you')}</span>}
      <MessageText text={item.text} />
    </BubbleShell>
  )
}
