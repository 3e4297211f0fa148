import { createFileRoute } from '@tanstack/react-router'
import { AgentPage } from '@/features/agents/agent-page'
import { loadTexts } from '@/i18n'

const positive = (value: unknown) => {
  const number = Number(value)
  return Number.isInteger(number) && number > 0 ? number : undefined
}

export const Route = createFileRoute('/_app/agents/$agentId')({
  validateSearch: (search: Record<string, unknown>): { tab?: string; from?: number; to?: number } => ({
    tab: typeof search['tab'] === 'string' ? search['tab'] : undefined,
    /** The versions that are compared. */
    from: positive(search['from']),
    to: positive(search['to']),
  }),
  loader: () => loadTexts('agents'),
  component: AgentPage,
})
