import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { CalendarRange } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { getAnalyticsOptions } from '@/api/gen/@tanstack/react-query.gen'
import { useOrganization } from '@/app/organization'
import { QueryError } from '@/components/api-error'
import { Button } from '@/components/ui/button'
import { EmptyState } from '@/components/ui/empty-state'
import { PageHeader } from '@/components/ui/page-header'
import { lastDays, rangeOf } from '@/lib/days'
import { Charts } from './charts'
import { Filters } from './filters'

const route = getRouteApi('/_app/analytics')

/** Figures over days, of all or of one account or agent; the choice stands in the address. */
export function AnalyticsPage() {
  const { t } = useTranslation('analytics')
  const organization = useOrganization()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const range = rangeOf(search)
  const figures = useQuery(
    getAnalyticsOptions({
      path: { organization_id: organization.id },
      query: { ...range, account_id: search.account, agent_id: search.agent },
    }),
  )
  const total = figures.data?.totals
  const isEmpty = total && total.customer_messages + total.ai_answers + total.human_answers === 0
  return (
    <div className="mx-auto grid w-full max-w-6xl gap-4">
      <PageHeader title={t('title')} description={t('subtitle')} />
      <Filters range={range} />
      {figures.isError ? (
        <QueryError
          error={figures.error}
          onRetry={() => void figures.refetch()}
          pending={figures.isFetching}
        />
      ) : null}
      {isEmpty ? (
        <EmptyState
          icon={<CalendarRange aria-hidden="true" />}
          title={t('empty')}
          text={t('empty_text')}
          action={
            <Button
              variant="secondary"
              onClick={() => void navigate({ search: (old) => ({ ...old, ...lastDays(90) }) })}
            >
              {t('empty_action')}
            </Button>
          }
        />
      ) : null}
      {figures.isError || isEmpty ? null : <Charts figures={figures.data} range={range} />}
    </div>
  )
}
