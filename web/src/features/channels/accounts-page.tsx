import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Plug, TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { listSocialAccountsOptions } from '@/api/gen/@tanstack/react-query.gen'
import { useOrganization } from '@/app/organization'
import { QueryError } from '@/components/api-error'
import { PlatformIcon } from '@/components/platform-icon'
import { Alert } from '@/components/ui/alert'
import { buttonStyle } from '@/components/ui/button'
import { EmptyState } from '@/components/ui/empty-state'
import { PageHeader } from '@/components/ui/page-header'
import { Skeleton, SkeletonGroup } from '@/components/ui/skeleton'
import { AccountCard } from './account-card'
import { PLATFORMS, type Platform } from './platforms'
import { useAccountNews } from './use-account-news'

/** Every connected account with its health, and the way to connect more. */
export function AccountsPage() {
  const { t } = useTranslation(['channels', 'common'])
  const organization = useOrganization()
  const accounts = useQuery(
    listSocialAccountsOptions({ path: { organization_id: organization.id }, query: { limit: 100 } }),
  )
  useAccountNews()
  const mayConnect = organization.can('admin')
  return (
    <div className="mx-auto grid w-full max-w-6xl gap-6">
      <PageHeader
        title={t('title')}
        description={t('subtitle')}
        actions={
          <Link to="/troubles" className={buttonStyle({ variant: 'secondary' })}>
            <TriangleAlert aria-hidden="true" className="size-4" />
            {t('troubles_link')}
          </Link>
        }
      />
      {accounts.isPending ? (
        <SkeletonGroup className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
          {PLATFORMS.map((platform) => (
            <Skeleton key={platform} className="h-48 w-full" />
          ))}
        </SkeletonGroup>
      ) : null}
      {accounts.isError ? (
        <QueryError
          error={accounts.error}
          onRetry={() => void accounts.refetch()}
          pending={accounts.isFetching}
        />
      ) : null}
      {accounts.data && accounts.data.items.length > 0 ? (
        <ul className="grid items-start gap-4 sm:grid-cols-2 lg:grid-cols-3">
          {accounts.data.items.map((account) => (
            <li key={account.id}>
              <AccountCard account={account} />
            </li>
          ))}
        </ul>
      ) : null}
      {accounts.data?.items.length === 0 ? (
        <EmptyState
          icon={<Plug aria-hidden="true" />}
          title={t('connect_first')}
          text={mayConnect ? t('connect_first_text') : t('ask_admin')}
        />
      ) : null}
      {mayConnect ? <ConnectCards /> : accounts.data?.items.length ? <Alert>{t('ask_admin')}</Alert> : null}
    </div>
  )
}

function ConnectCards() {
  const { t } = useTranslation(['channels', 'common'])
  return (
    <section aria-labelledby="connect-more" className="grid gap-3">
      <h2 id="connect-more" className="text-lg">
        {t('connect_more')}
      </h2>
      <ul className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
        {PLATFORMS.map((platform) => (
          <li key={platform}>
            <ConnectCard platform={platform} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function ConnectCard({ platform }: { platform: Platform }) {
  const { t } = useTranslation(['channels', 'common'])
  return (
    <Link
      to="/social/accounts/connect/$platform"
      params={{ platform }}
      className="grid h-full grid-cols-[auto_1fr] gap-x-3 gap-y-1 rounded-lg border border-line border-dashed bg-bg p-4 hover:border-line-strong hover:bg-hover"
    >
      <PlatformIcon platform={platform} className="row-span-2 size-8" />
      <span className="font-semibold text-brand">
        {t('connect_platform', { platform: t(`common:platform_${platform}`) })}
      </span>
      <span className="text-muted text-sm">{t(`need_${platform}`)}</span>
    </Link>
  )
}
