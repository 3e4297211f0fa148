import { createFileRoute } from '@tanstack/react-router'
import { NewAgentPage } from '@/features/agents/new-agent-page'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/_app/agents/new')({
  loader: () => loadTexts('agents'),
  component: NewAgentPage,
})
