import { createFileRoute } from '@tanstack/react-router'
import { AgentPage } from '@/features/agents/agent-page'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/_app/agents/$agentId')({
  validateSearch: (search: Record<string, unknown>): { tab?: string } => ({
    tab: typeof search['tab'] === 'string' ? search['tab'] : undefined,
  }),
  loader: () => loadTexts('agents'),
  component: AgentPage,
})
