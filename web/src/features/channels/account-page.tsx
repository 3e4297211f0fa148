import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ArrowLeft } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { getSocialAccountOptions } from '@/api/gen/@tanstack/react-query.gen'
import type { SocialAccountView } from '@/api/gen/types.gen'
import { useOrganization } from '@/app/organization'
import { QueryError } from '@/components/api-error'
import { PlatformIcon } from '@/components/platform-icon'
import { Alert } from '@/components/ui/alert'
import { buttonStyle } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { PageHeader } from '@/components/ui/page-header'
import { SkeletonCards } from '@/components/ui/skeleton'
import { useFormat } from '@/lib/format'
import { AccountFacts, HealthBadge } from './account-facts'
import { AccountSettings } from './account-settings'
import { CheckCard } from './check-card'
import { DisconnectButton } from './disconnect-button'
import { EventList } from './event-list'
import { isPlatform } from './platforms'
import { useAccountNews } from './use-account-news'

const route = getRouteApi('/_app/social/accounts/$accountId')

/** One account: whether it works, who answers, what arrived last, and the way out. */
export function AccountPage() {
  const organization = useOrganization()
  const { accountId } = route.useParams()
  const account = useQuery(
    getSocialAccountOptions({ path: { organization_id: organization.id, account_id: accountId } }),
  )
  useAccountNews()
  if (account.isPending) return <SkeletonCards count={3} />
  // A refresh that fails leaves the page as it is: somebody may be typing.
  if (!account.data) {
    return (
      <QueryError error={account.error} onRetry={() => void account.refetch()} pending={account.isFetching} />
    )
  }
  return <Account account={account.data} />
}

function Account({ account }: { account: SocialAccountView }) {
  const { t } = useTranslation(['channels', 'common'])
  const format = useFormat()
  const organization = useOrganization()
  const paused = account.paused_until && new Date(account.paused_until) > new Date()
  const connected = account.health !== 'disconnected'
  return (
    <div className="mx-auto grid w-full max-w-4xl gap-4">
      <PageHeader
        back={
          <Link to="/social/accounts" className="inline-flex min-h-10 items-center gap-2 text-brand">
            <ArrowLeft aria-hidden="true" className="size-4" />
            {t('all_accounts')}
          </Link>
        }
        title={
          <span className="inline-flex min-w-0 items-center gap-3">
            <PlatformIcon platform={account.platform} className="size-8 shrink-0" />
            <bdi className="min-w-0 break-words">{account.name}</bdi>
          </span>
        }
        description={`${t(`external_${account.platform}`)}: ${account.external_id}`}
        badge={<HealthBadge account={account} />}
        actions={connected && organization.can('admin') ? <DisconnectButton account={account} /> : null}
      />
      {connected ? null : (
        <Alert
          tone="info"
          action={
            organization.can('admin') && isPlatform(account.platform) ? (
              <Link
                to="/social/accounts/connect/$platform"
                params={{ platform: account.platform }}
                className={buttonStyle({ variant: 'secondary' })}
              >
                {t('connect_again')}
              </Link>
            ) : null
          }
        >
          {t('disconnected_text')}
        </Alert>
      )}
      {account.health === 'needs_reconnect' ? <Alert tone="danger">{t('reconnect_text')}</Alert> : null}
      {paused ? (
        <Alert tone="warn">{t('paused', { time: format.time(account.paused_until ?? '') })}</Alert>
      ) : null}
      <Card title={t('health')}>
        <AccountFacts account={account} />
      </Card>
      {connected ? <CheckCard account={account} /> : null}
      {connected ? <AccountSettings account={account} /> : null}
      <EventList accountId={account.id} />
    </div>
  )
}
