import { useTranslation } from 'react-i18next'
import type { SocialAccountView } from '@/api/gen/types.gen'
import { Badge, type Tone } from '@/components/ui/badge'
import { Time } from '@/components/ui/time'
import { useFormat } from '@/lib/format'
import { tokenState } from './platforms'

const TONES: Record<SocialAccountView['health'], Tone> = {
  ok: 'ok',
  unchecked: 'info',
  needs_reconnect: 'danger',
  disconnected: 'neutral',
}

export function HealthBadge({ account }: { account: SocialAccountView }) {
  const { t } = useTranslation('channels')
  return <Badge tone={TONES[account.health]}>{t(`health_${account.health}`)}</Badge>
}

/** When the token ends, with a warning before it does. */
function TokenExpiry({ expiresAt }: { expiresAt: string | null | undefined }) {
  const { t } = useTranslation('channels')
  const state = tokenState(expiresAt)
  if (!expiresAt || state === 'unknown')
    return <span className="text-muted">{t('token_expires_unknown')}</span>
  return (
    <span className="inline-flex flex-wrap items-center gap-2">
      <Time value={expiresAt} as="date" />
      {state === 'expired' ? <Badge tone="danger">{t('token_expired')}</Badge> : null}
      {state === 'soon' ? <Badge tone="warn">{t('token_soon')}</Badge> : null}
    </span>
  )
}

/** What one wants to know of an account at a glance. */
export function AccountFacts({ account }: { account: SocialAccountView }) {
  const { t } = useTranslation('channels')
  const format = useFormat()
  const facts = [
    { label: t('agent'), value: account.agent_name ? <bdi>{account.agent_name}</bdi> : t('no_agent') },
    { label: t('auto_reply'), value: account.auto_reply ? t('on') : t('off') },
    {
      label: t('last_event'),
      value: account.last_event_at ? <Time value={account.last_event_at} /> : t('never_event'),
    },
    { label: t('token_expires'), value: <TokenExpiry expiresAt={account.token_expires_at} /> },
    { label: t('queued'), value: format.number(account.queued_messages) },
    ...(account.dead_letters > 0
      ? [{ label: t('dead_letters'), value: format.number(account.dead_letters) }]
      : []),
  ]
  return (
    <dl className="grid gap-1 text-sm">
      {facts.map(({ label, value }) => (
        <div key={label} className="flex flex-wrap justify-between gap-x-4">
          <dt className="text-muted">{label}</dt>
          <dd className="min-w-0 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
