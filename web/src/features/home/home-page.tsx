import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { getHomeOptions } from '@/api/gen/@tanstack/react-query.gen'
import { useLiveEvent } from '@/app/live-provider'
import { useOrganization } from '@/app/organization'
import { QueryError } from '@/components/api-error'
import { PageHeader } from '@/components/ui/page-header'
import { Skeleton, SkeletonGroup } from '@/components/ui/skeleton'
import { AccountHealth } from './account-health'
import { FirstSteps } from './first-steps'
import { NearScreen } from './near-screen'
import { TodayCards } from './today-cards'
import { useQuietRefetch } from './use-quiet-refetch'

const WeekCharts = lazy(() => import('./week-charts'))

/** What an owner wants to know in the morning: who waits, what happened today, whether every account works. */
export function HomePage() {
  const { t } = useTranslation('home')
  const organization = useOrganization()
  const home = useQuery(getHomeOptions({ path: { organization_id: organization.id } }))
  const refetchSoon = useQuietRefetch(() => void home.refetch())
  useLiveEvent((event) => {
    if (event.name === 'conversation' || event.name === 'account') refetchSoon()
  })
  return (
    <div className="mx-auto grid w-full max-w-6xl gap-4">
      <PageHeader title={t('title')} description={t('subtitle', { organization: organization.name })} />
      {home.isPending ? <HomeSkeleton /> : null}
      {home.isError ? (
        <QueryError error={home.error} onRetry={() => void home.refetch()} pending={home.isFetching} />
      ) : null}
      {home.data ? (
        <>
          <FirstSteps facts={home.data.onboarding} />
          <TodayCards today={home.data.today} />
          <AccountHealth accounts={home.data.accounts} />
        </>
      ) : null}
      {/* Not before the rest is there: it would begin on screen and be pushed off it. */}
      {home.isPending ? null : (
        <NearScreen>
          <Suspense fallback={<HomeSkeleton />}>
            <WeekCharts />
          </Suspense>
        </NearScreen>
      )}
    </div>
  )
}

function HomeSkeleton() {
  return (
    <SkeletonGroup className="grid gap-4 sm:grid-cols-2 lg:grid-cols-4">
      {[0, 1, 2, 3].map((at) => (
        <Skeleton key={at} className="h-28 w-full" />
      ))}
    </SkeletonGroup>
  )
}
