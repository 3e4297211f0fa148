import { useTranslation } from 'react-i18next'
import type { AnalyticsView, DayView } from '@/api/gen/types.gen'
import { AreaChart } from '@/components/charts/area-chart'
import { BarChart } from '@/components/charts/bar-chart'
import { ChartCard, tableOf } from '@/components/charts/chart-card'
import type { Series } from '@/components/charts/chart-parts'
import { StackedBarChart } from '@/components/charts/stacked-bar-chart'
import type { Range } from '@/lib/days'
import { useFormat } from '@/lib/format'

interface Props {
  /** Undefined while loading. */
  figures: AnalyticsView | undefined
  range: Range
}

/** One card per question; each also as a table and a CSV file. */
export function Charts({ figures, range }: Props) {
  const { t } = useTranslation('analytics')
  const format = useFormat()
  const days = figures?.days ?? []
  const totals = figures?.totals
  const labels = days.map(({ day }) => format.dayMonth(day))
  const values = (pick: (day: DayView) => number | null | undefined) => days.map((day) => pick(day) ?? null)
  const card = (title: string, filename: string, series: Series[]) => ({
    title,
    filename: `${filename}-${range.from}-${range.to}`,
    loading: !figures,
    // The file says the days as programs read them.
    table: tableOf(
      t('day'),
      days.map(({ day }) => day),
      series,
    ),
  })
  const volume: Series[] = [
    { id: 'messages', label: t('volume'), values: values((day) => day.customer_messages) },
    { id: 'conversations', label: t('conversations'), values: values((day) => day.conversations) },
  ]
  const share: Series[] = [
    { id: 'ai', label: t('ai'), values: values((day) => day.ai_answers) },
    { id: 'people', label: t('people'), values: values((day) => day.human_answers) },
  ]
  const response: Series[] = [
    { id: 'seconds', label: t('seconds'), values: values((day) => day.first_response_seconds_median) },
  ]
  const handoffs: Series[] = [{ id: 'handoffs', label: t('handoffs'), values: values((day) => day.handoffs) }]
  const tokens: Series[] = [
    { id: 'prompt', label: t('prompt_tokens'), values: values((day) => day.prompt_tokens) },
    { id: 'completion', label: t('completion_tokens'), values: values((day) => day.completion_tokens) },
  ]
  const cost: Series[] = [{ id: 'cost', label: t('cost'), values: values((day) => day.cost_usd) }]
  const median = totals?.first_response_seconds_median
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <ChartCard {...card(t('volume'), 'messages', volume)}>
        <AreaChart
          labels={labels}
          series={volume}
          summary={t('volume_summary', {
            total: format.number(totals?.customer_messages),
            from: format.date(range.from),
            to: format.date(range.to),
          })}
        />
      </ChartCard>
      <ChartCard {...card(t('share'), 'answers', share)}>
        <StackedBarChart
          labels={labels}
          series={share}
          summary={t('share_summary', {
            ai: format.number(totals?.ai_answers),
            human: format.number(totals?.human_answers),
          })}
        />
      </ChartCard>
      <ChartCard
        {...card(t('first_response'), 'first-response', response)}
        isEmpty={figures && median == null}
        empty={<Nothing>{t('first_response_none')}</Nothing>}
      >
        <BarChart
          labels={labels}
          series={response}
          formatValue={format.duration}
          summary={t('first_response_summary', { time: format.duration(median) })}
        />
      </ChartCard>
      <ChartCard {...card(t('handoffs'), 'handoffs', handoffs)}>
        <BarChart
          labels={labels}
          series={handoffs}
          summary={t('handoffs_summary', { total: format.number(totals?.handoffs) })}
        />
      </ChartCard>
      <ChartCard {...card(t('tokens'), 'tokens', tokens)}>
        <StackedBarChart
          labels={labels}
          series={tokens}
          summary={t('tokens_summary', {
            total: format.number((totals?.prompt_tokens ?? 0) + (totals?.completion_tokens ?? 0)),
          })}
        />
      </ChartCard>
      <ChartCard
        {...card(t('cost'), 'cost', cost)}
        isEmpty={figures && totals?.cost_usd == null}
        empty={<Nothing>{t('cost_unknown')}</Nothing>}
      >
        <BarChart
          labels={labels}
          series={cost}
          formatValue={format.usd}
          summary={t('cost_summary', { total: format.usd(totals?.cost_usd) })}
        />
      </ChartCard>
    </div>
  )
}

function Nothing({ children }: { children: string }) {
  return <p className="py-10 text-center text-muted text-sm">{children}</p>
}
