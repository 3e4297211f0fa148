import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useErrorText } from '@/components/api-error'
import { Button } from '@/components/ui/button'
import { useFormat } from '@/lib/format'
import { useMessageDecision } from './actions'
import type { BubbleContext } from './bubble'
import { failureKind, fixedAtAccount, worthRetrying } from './failures'
import { TroubleBox } from './trouble-box'
import type { Message } from './types'

/** Why a message did not arrive and what to do, in plain words, with the button that does it. @public fetched by name, see bubble.tsx. */
export function Trouble({ message, context }: { message: Message; context: BubbleContext }) {
  const { t } = useTranslation(['inbox', 'failures'])
  const errorText = useErrorText()
  const decide = useMessageDecision(context.organizationId)
  const { state } = message
  const failure = message.failure ?? message.parts.find((part) => part.failure)?.failure ?? null
  const kind = failureKind(failure?.code ?? '', state)
  const waits = (state === 'queued' || state === 'sending') && message.failure
  const sent = message.parts.filter((part) => part.state === 'sent').length
  const resend = (
    <Button
      size="sm"
      variant="secondary"
      pending={decide.isPending && decide.variables?.decision === 'resend'}
      onClick={() => decide.mutate({ id: message.id, decision: 'resend' })}
    >
      {state === 'unknown' ? t('resend') : t('retry')}
    </Button>
  )
  const giveUp = (
    <Button
      size="sm"
      variant="ghost"
      pending={decide.isPending && decide.variables?.decision === 'dismiss'}
      onClick={() => decide.mutate({ id: message.id, decision: 'dismiss' })}
    >
      {state === 'unknown' ? t('dismiss') : t('delete')}
    </Button>
  )
  const reason = t(`failures:${kind}`)
  return (
    <TroubleBox tone={waits || state === 'unknown' ? 'warn' : 'danger'}>
      <p>{state === 'unknown' ? t('unconfirmed_text') : waits ? t('queued_reason', { reason }) : reason}</p>
      {state === 'failed' && sent > 0 && (
        <p className="text-muted">
          <Parts sent={sent} all={message.parts.length} />
        </p>
      )}
      {decide.error && (
        <p role="alert" className="text-danger">
          {errorText(decide.error)}
        </p>
      )}
      <div className="flex flex-wrap justify-end gap-2">
        {(fixedAtAccount(kind) || waits) && (
          <Button asChild size="sm" variant="secondary">
            <Link to="/social/accounts/$accountId" params={{ accountId: context.accountId }}>
              {t('to_account')}
            </Link>
          </Button>
        )}
        {context.operator && !waits && (state === 'unknown' || worthRetrying(kind)) && resend}
        {context.operator && !waits && giveUp}
      </div>
    </TroubleBox>
  )
}

function Parts({ sent, all }: { sent: number; all: number }) {
  const { t } = useTranslation('inbox')
  const format = useFormat()
  return t('parts_sent', { sent: format.number(sent), all: format.number(all) })
}
