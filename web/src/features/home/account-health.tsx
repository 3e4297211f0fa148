import { Link } from '@tanstack/react-router'
import { Plug } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { HomeAccountView } from '@/api/gen/types.gen'
import { useOrganization } from '@/app/organization'
import { PlatformIcon } from '@/components/platform-icon'
import { Badge } from '@/components/ui/badge'
import { buttonStyle } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { EmptyState } from '@/components/ui/empty-state'
import { Time } from '@/components/ui/time'

/** Every connected account with what is wrong with it, in words. */
export function AccountHealth({ accounts }: { accounts: HomeAccountView[] }) {
  const { t } = useTranslation('home')
  const organization = useOrganization()
  if (accounts.length === 0) {
    return (
      <Card title={t('channels')}>
        <EmptyState
          level={3}
          icon={<Plug aria-hidden="true" />}
          title={t('channels_empty')}
          text={t('channels_empty_text')}
          action={
            organization.can('admin') ? (
              <Link to="/social/accounts" className={buttonStyle({ variant: 'primary' })}>
                {t('connect')}
              </Link>
            ) : null
          }
        />
      </Card>
    )
  }
  return (
    <Card title={t('channels')} flush>
      <ul className="grid pb-2">
        {accounts.map((account) => (
          <li key={account.account_id}>
            <Link
              to="/social/accounts/$accountId"
              params={{ accountId: account.account_id }}
              className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 hover:bg-hover"
            >
              <PlatformIcon platform={account.platform} className="size-6 shrink-0" />
              <span className="min-w-0 flex-1 basis-40">
                <bdi className="block break-words font-semibold">{account.name}</bdi>
                <span className="block text-muted text-sm">
                  {t('last_event')}:{' '}
                  {account.last_event_at ? <Time value={account.last_event_at} /> : t('never')}
                </span>
              </span>
              <Health account={account} />
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  )
}

function Health({ account }: { account: HomeAccountView }) {
  const { t } = useTranslation('home')
  const paused = account.paused_until && new Date(account.paused_until) > new Date()
  if (account.health === 'disconnected') return <Badge tone="neutral">{t('health_disconnected')}</Badge>
  if (account.health === 'needs_reconnect') return <Badge tone="danger">{t('health_needs_reconnect')}</Badge>
  if (paused) return <Badge tone="warn">{t('health_paused')}</Badge>
  if (!account.agent_id) return <Badge tone="warn">{t('no_agent')}</Badge>
  if (!account.auto_reply) return <Badge tone="neutral">{t('auto_reply_off')}</Badge>
  if (account.health === 'unchecked') return <Badge tone="info">{t('health_unchecked')}</Badge>
  return <Badge tone="ok">{t('health_ok')}</Badge>
}
