import { createFileRoute } from '@tanstack/react-router'
import { SettingsPage } from '@/features/settings/settings-page'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/_app/settings')({
  validateSearch: (search: Record<string, unknown>): { tab?: string } => ({
    tab: typeof search['tab'] === 'string' ? search['tab'] : undefined,
  }),
  loader: () => loadTexts('settings'),
  component: SettingsPage,
})
