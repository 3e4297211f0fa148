import { createFileRoute } from '@tanstack/react-router'
import { KnowledgePage } from '@/features/knowledge/knowledge-page'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/_app/knowledge')({
  validateSearch: (search: Record<string, unknown>): { tab?: string; q?: string } => ({
    tab: typeof search['tab'] === 'string' ? search['tab'] : undefined,
    q: typeof search['q'] === 'string' ? search['q'] : undefined,
  }),
  loader: () => loadTexts('knowledge'),
  component: KnowledgePage,
})
