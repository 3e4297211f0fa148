import { Link } from '@tanstack/react-router'
import { Hand, Lock, SendHorizontal } from 'lucide-react'
import { type KeyboardEvent, type RefObject, useEffect, useId, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { SocialAccountView } from '@/api/gen/types.gen'
import { Alert } from '@/components/ui/alert'
import { Button } from '@/components/ui/button'
import { Segmented } from '@/components/ui/segmented'
import { Textarea } from '@/components/ui/textarea'
import { cn } from '@/lib/cn'
import { type DraftMode, drafts } from '@/lib/drafts'
import { useFormat } from '@/lib/format'
import { useConversationAction } from './actions'
import { canReply, ownerOf, replyWindow } from './rules'
import { outbox } from './sending'
import type { Conversation } from './types'
import { useOnline } from './use-now'

/** What the server takes in one message. */
const MOST = 10_000
const WARN_AT = 500

interface Props {
  organizationId: string
  conversation: Conversation
  account: SocialAccountView | undefined
  userId: string
  contactName: string
  now: number
  /** Mode that a shortcut asked for. */
  mode: DraftMode
  onMode(mode: DraftMode): void
  area: RefObject<HTMLTextAreaElement | null>
  onTyping(): void
}

export function Composer({
  organizationId,
  conversation,
  account,
  userId,
  contactName,
  now,
  mode: wanted,
  onMode,
  area,
  onTyping,
}: Props) {
  const { t } = useTranslation('inbox')
  const format = useFormat()
  const online = useOnline()
  const action = useConversationAction(organizationId, conversation.id)
  const [text, setText] = useState('')
  const touched = useRef(false)
  const hint = useId()
  const draftId = { org: organizationId, conversation: conversation.id, user: userId }

  useEffect(() => {
    let gone = false
    void drafts.load({ org: organizationId, conversation: conversation.id, user: userId }).then((draft) => {
      if (gone || !draft || touched.current) return
      setText(draft.text)
      onMode(draft.mode)
    })
    return () => {
      gone = true
    }
  }, [organizationId, conversation.id, userId, onMode])

  const ai = ownerOf(conversation, now) === 'ai'
  const disconnected = account?.health === 'disconnected'
  const replyPossible = canReply(conversation, account, now)
  // A reply that was begun before the AI took the conversation back is kept: sending it takes over.
  const replyBegun = wanted === 'reply' && text.trim() !== ''
  const locked = ai && !replyBegun
  const mode: DraftMode = !replyPossible || locked ? 'note' : wanted
  const note = mode === 'note'
  // The text of a reply must never be sent as a note, nor the other way round.
  const misplaced = replyBegun && !replyPossible
  const sendable = text.trim() !== '' && !misplaced

  const change = (next: string) => {
    touched.current = true
    setText(next)
    if (wanted !== mode && !replyBegun) onMode(mode)
    drafts.save(draftId, next, replyBegun ? 'reply' : mode)
    if (next.trim() && !note) onTyping()
  }
  const send = () => {
    if (!sendable) return
    outbox.add({
      organizationId,
      conversationId: conversation.id,
      kind: note ? 'note' : 'reply',
      text,
      takeOver: !note && conversation.ai.state !== 'off',
    })
    setText('')
    void drafts.remove(draftId)
    area.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    // Enter that ends the choice of a word (Avro and other input methods) belongs to the input method.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing || event.keyCode === 229)
      return
    if (event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    send()
  }
  const left = MOST - text.length

  return (
    <form
      className={cn('grid gap-2 border-t px-3 py-2', note ? 'bg-note-soft' : 'bg-bg')}
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <AccountNote account={account} now={now} />
      {!disconnected && <WindowNote conversation={conversation} now={now} />}
      {locked && replyPossible && (
        <div className="flex flex-wrap items-center justify-between gap-2">
          <p className="flex min-w-0 flex-1 basis-60 items-start gap-2 text-sm">
            <Lock aria-hidden="true" className="mt-0.5 size-4 shrink-0" />
            {t('locked_text')}
          </p>
          <Button
            size="sm"
            pending={action.isPending}
            icon={<Hand aria-hidden="true" className="size-4" />}
            onClick={() =>
              action.mutate(
                { kind: 'take_over' },
                {
                  onSuccess: () => {
                    if (text.trim() === '') onMode('reply')
                    area.current?.focus()
                  },
                },
              )
            }
          >
            {t('take_over')}
          </Button>
        </div>
      )}
      {!locked && replyPossible && (
        <Segmented
          label={t('mode_label')}
          value={mode}
          onValueChange={(next) => {
            onMode(next)
            if (text.trim()) drafts.save(draftId, text, next)
            area.current?.focus()
          }}
          options={[
            { value: 'reply', label: t('mode_reply') },
            { value: 'note', label: t('mode_note'), icon: <Lock aria-hidden="true" /> },
          ]}
          className="justify-self-start"
        />
      )}
      {misplaced && (
        <div className="flex flex-wrap items-center justify-between gap-2">
          <p className="min-w-0 flex-1 basis-60 text-sm">{t('misplaced_text')}</p>
          <Button
            size="sm"
            variant="secondary"
            onClick={() => {
              onMode('note')
              drafts.save(draftId, text, 'note')
            }}
          >
            {t('as_note')}
          </Button>
        </div>
      )}
      {!online && (
        <p role="status" className="text-sm text-warn">
          {t('offline_composer')}
        </p>
      )}
      <div className="flex items-end gap-2">
        <Textarea
          ref={area}
          autogrow
          rows={1}
          maxRows={8}
          dir="auto"
          enterKeyHint="send"
          maxLength={MOST}
          value={text}
          aria-label={note ? t('note_field', { name: contactName }) : t('reply_field', { name: contactName })}
          aria-describedby={hint}
          placeholder={note ? t('note_placeholder') : t('reply_placeholder')}
          onChange={(event) => change(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <Button
          type="submit"
          aria-disabled={!sendable}
          icon={<SendHorizontal aria-hidden="true" className="size-4 shrink-0" />}
        >
          <span className="whitespace-nowrap max-sm:sr-only">
            {note ? t('save_note') : ai ? t('send_take_over') : t('send')}
          </span>
        </Button>
      </div>
      <p id={hint} className={cn('text-muted text-sm', left > WARN_AT && 'max-sm:sr-only')}>
        {left <= WARN_AT ? t('left', { count: left, number: format.number(left) }) : t('enter_hint')}
      </p>
    </form>
  )
}

/** How long an answer is possible by the platform's rules, and what remains when it is not. */
function WindowNote({ conversation, now }: { conversation: Conversation; now: number }) {
  const { t } = useTranslation('inbox')
  const format = useFormat()
  const window = replyWindow(conversation, now)
  const left = (until: string) => {
    // Seconds would only flicker.
    const minutes = Math.max(1, Math.floor((Date.parse(until) - now) / 60_000))
    return format.duration(minutes * 60)
  }
  switch (window.state) {
    case 'open':
      return (
        <p className={cn('text-sm', window.endsSoon ? 'font-semibold text-warn' : 'text-muted')}>
          {t('window_open', { time: format.dateTime(window.until), left: left(window.until) })}
        </p>
      )
    case 'human_only':
      return (
        <p className="text-sm text-warn">
          {t('window_human_only', { time: format.dateTime(window.until), left: left(window.until) })}
        </p>
      )
    case 'closed':
      return <Alert tone="warn">{t('window_closed', { time: format.dateTime(window.since) })}</Alert>
    case 'none':
      return <Alert tone="info">{t('window_none')}</Alert>
  }
}

function AccountNote({ account, now }: { account: SocialAccountView | undefined; now: number }) {
  const { t } = useTranslation('inbox')
  const format = useFormat()
  if (!account) return null
  const link = (
    <Button asChild size="sm" variant="secondary">
      <Link to="/social/accounts/$accountId" params={{ accountId: account.id }}>
        {t('to_account')}
      </Link>
    </Button>
  )
  if (account.health === 'disconnected')
    return (
      <Alert tone="danger" action={link}>
        {t('account_disconnected')}
      </Alert>
    )
  if (account.health === 'needs_reconnect')
    return (
      <Alert tone="danger" action={link}>
        {t('account_needs_reconnect')}
      </Alert>
    )
  if (account.paused_until && Date.parse(account.paused_until) > now)
    return (
      <p className="text-sm text-warn">{t('account_paused', { time: format.time(account.paused_until) })}</p>
    )
  return null
}
