import { createFileRoute } from '@tanstack/react-router'
import { AgentsPage } from '@/features/agents/agents-page'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/_app/agents/')({
  loader: () => loadTexts('agents'),
  component: AgentsPage,
})
