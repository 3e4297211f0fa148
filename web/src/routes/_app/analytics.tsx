import { createFileRoute } from '@tanstack/react-router'
import { AnalyticsPage } from '@/features/analytics/analytics-page'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/_app/analytics')({
  validateSearch: (
    search: Record<string, unknown>,
  ): { from?: string; to?: string; account?: string; agent?: string } => {
    const text = (key: string) => (typeof search[key] === 'string' ? search[key] : undefined)
    return { from: text('from'), to: text('to'), account: text('account'), agent: text('agent') }
  },
  loader: () => loadTexts('analytics'),
  component: AnalyticsPage,
})
