import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { getAnalyticsOptions } from '@/api/gen/@tanstack/react-query.gen'
import { useOrganization } from '@/app/organization'
import { QueryError } from '@/components/api-error'
import { AreaChart } from '@/components/charts/area-chart'
import { ChartCard, tableOf } from '@/components/charts/chart-card'
import { StackedBarChart } from '@/components/charts/stacked-bar-chart'
import { lastDays } from '@/lib/days'
import { useFormat } from '@/lib/format'

/** The last seven days: what came in, and who answered. */
export default function WeekCharts() {
  const { t } = useTranslation('home')
  const format = useFormat()
  const organization = useOrganization()
  const week = useQuery(
    getAnalyticsOptions({ path: { organization_id: organization.id }, query: lastDays(7) }),
  )
  const days = week.data?.days ?? []
  const labels = days.map(({ day }) => format.dayMonth(day))
  const messages = [
    { id: 'messages', label: t('customer_messages'), values: days.map((day) => day.customer_messages) },
  ]
  const answers = [
    { id: 'ai', label: t('ai'), values: days.map((day) => day.ai_answers) },
    { id: 'people', label: t('people'), values: days.map((day) => day.human_answers) },
  ]
  const total = week.data?.totals
  const shared = {
    loading: week.isPending,
    error: week.isError ? (
      <QueryError
        error={week.error}
        onRetry={() => void week.refetch()}
        pending={week.isFetching}
        level={3}
      />
    ) : undefined,
    isEmpty: total?.customer_messages === 0 && total.ai_answers + total.human_answers === 0,
    empty: <p className="py-10 text-center text-muted">{t('no_week')}</p>,
  }
  return (
    <section aria-labelledby="week" className="grid gap-4">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h2 id="week" className="text-lg">
          {t('week')}
        </h2>
        <Link to="/analytics" className="inline-flex min-h-10 items-center text-brand underline">
          {t('see_analytics')}
        </Link>
      </div>
      <div className="grid gap-4 lg:grid-cols-2">
        <ChartCard
          {...shared}
          level={3}
          title={t('chart_messages')}
          filename="messages"
          table={tableOf(t('day'), labels, messages)}
        >
          <AreaChart
            labels={labels}
            series={messages}
            summary={t('chart_messages_summary', { total: format.number(total?.customer_messages) })}
          />
        </ChartCard>
        <ChartCard
          {...shared}
          level={3}
          title={t('chart_answers')}
          filename="answers"
          table={tableOf(t('day'), labels, answers)}
        >
          <StackedBarChart
            labels={labels}
            series={answers}
            summary={t('chart_answers_summary', {
              ai: format.number(total?.ai_answers),
              human: format.number(total?.human_answers),
            })}
          />
        </ChartCard>
      </div>
    </section>
  )
}
