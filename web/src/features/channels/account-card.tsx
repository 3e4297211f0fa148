import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { SocialAccountView } from '@/api/gen/types.gen'
import { PlatformIcon } from '@/components/platform-icon'
import { Alert } from '@/components/ui/alert'
import { useFormat } from '@/lib/format'
import { AccountFacts, HealthBadge } from './account-facts'

export function AccountCard({ account }: { account: SocialAccountView }) {
  const { t } = useTranslation(['channels', 'common'])
  const format = useFormat()
  const paused = account.paused_until && new Date(account.paused_until) > new Date()
  return (
    <article className="grid gap-3 rounded-lg border border-line bg-raised p-4">
      <header className="flex items-start gap-3">
        <PlatformIcon platform={account.platform} className="size-8 shrink-0" />
        <div className="min-w-0 flex-1">
          <h2 className="text-base">
            <Link
              to="/social/accounts/$accountId"
              params={{ accountId: account.id }}
              className="inline-flex min-h-10 items-center break-words text-brand underline"
            >
              <bdi>{account.name}</bdi>
            </Link>
          </h2>
          <p className="text-muted text-sm">
            {t(`external_${account.platform}`)}:{' '}
            <span className="inline-block break-all">{account.external_id}</span>
          </p>
        </div>
        <HealthBadge account={account} />
      </header>
      {account.health === 'needs_reconnect' ? <Alert tone="danger">{t('reconnect_text')}</Alert> : null}
      {paused ? (
        <Alert tone="warn">{t('paused', { time: format.time(account.paused_until ?? '') })}</Alert>
      ) : null}
      <AccountFacts account={account} />
    </article>
  )
}
