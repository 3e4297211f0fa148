import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ArrowLeft } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { listPlatformAppsOptions } from '@/api/gen/@tanstack/react-query.gen'
import type { SocialAccountView } from '@/api/gen/types.gen'
import { useOrganization } from '@/app/organization'
import { QueryError } from '@/components/api-error'
import { PlatformIcon } from '@/components/platform-icon'
import { Alert } from '@/components/ui/alert'
import { buttonStyle } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { EmptyState } from '@/components/ui/empty-state'
import { PageHeader } from '@/components/ui/page-header'
import { SkeletonLines } from '@/components/ui/skeleton'
import { AccountForm } from './account-form'
import { AppStep } from './app-step'
import { CheckCard } from './check-card'
import { isPlatform, type Platform } from './platforms'
import { useAccountNews } from './use-account-news'
import { WebhookStep } from './webhook-step'

const route = getRouteApi('/_app/social/accounts/connect/$platform')

/** Connecting, in the order in which one does it: the app, the webhook, the account; then the check. */
export function ConnectPage() {
  const { t } = useTranslation(['channels', 'common'])
  const { platform } = route.useParams()
  const organization = useOrganization()
  if (!isPlatform(platform)) {
    return (
      <EmptyState
        level={2}
        title={t('unknown_platform')}
        text={t('unknown_platform_text')}
        action={<BackLink />}
      />
    )
  }
  return (
    <div className="mx-auto grid w-full max-w-3xl gap-4">
      <PageHeader
        back={<BackLink />}
        title={
          <span className="inline-flex items-center gap-3">
            <PlatformIcon platform={platform} className="size-8" />
            {t('connect_platform', { platform: t(`common:platform_${platform}`) })}
          </span>
        }
        description={t(`need_${platform}`)}
      />
      {organization.can('admin') ? (
        <Steps key={platform} platform={platform} />
      ) : (
        <Alert>{t('ask_admin')}</Alert>
      )}
    </div>
  )
}

function BackLink() {
  const { t } = useTranslation('channels')
  return (
    <Link to="/social/accounts" className="inline-flex min-h-10 items-center gap-2 text-brand">
      <ArrowLeft aria-hidden="true" className="size-4" />
      {t('all_accounts')}
    </Link>
  )
}

function Steps({ platform }: { platform: Platform }) {
  const { t } = useTranslation('channels')
  const organization = useOrganization()
  const apps = useQuery(listPlatformAppsOptions({ path: { organization_id: organization.id } }))
  const [skipped, setSkipped] = useState(false)
  const [connected, setConnected] = useState<SocialAccountView | null>(null)
  useAccountNews()
  if (apps.isPending) return <SkeletonLines count={6} />
  // A refresh that fails leaves the steps as they are: somebody may be typing.
  if (!apps.data)
    return <QueryError error={apps.error} onRetry={() => void apps.refetch()} pending={apps.isFetching} />
  const app = apps.data.items.find((known) => known.platform === platform)
  if (connected) return <Connected account={connected} />
  return (
    <>
      <AppStep platform={platform} app={app} skipped={skipped} onSkip={() => setSkipped(true)} />
      {app ? <WebhookStep app={app} platform={platform} /> : null}
      {app || skipped ? (
        <Card title={t('step_account')}>
          <AccountForm platform={platform} onConnected={setConnected} />
        </Card>
      ) : null}
    </>
  )
}

function Connected({ account }: { account: SocialAccountView }) {
  const { t } = useTranslation('channels')
  return (
    <>
      <Alert
        tone="ok"
        live="polite"
        title={t('connected_title', { name: account.name })}
        action={
          <>
            <Link
              to="/social/accounts/$accountId"
              params={{ accountId: account.id }}
              className={buttonStyle({ variant: 'primary' })}
            >
              {t('open_account')}
            </Link>
            <Link to="/inbox" className={buttonStyle({ variant: 'secondary' })}>
              {t('open_inbox')}
            </Link>
          </>
        }
      >
        {t('connected_text')}
      </Alert>
      <CheckCard account={account} />
    </>
  )
}
