import { createFileRoute } from '@tanstack/react-router'
import { PlatformPage } from '@/features/platform/platform-page'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/_app/admin-dashboard')({
  validateSearch: (search: Record<string, unknown>): { tab?: string; q?: string } => ({
    tab: typeof search['tab'] === 'string' ? search['tab'] : undefined,
    q: typeof search['q'] === 'string' ? search['q'] : undefined,
  }),
  loader: () => loadTexts('admin'),
  component: PlatformPage,
})
