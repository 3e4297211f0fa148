import { createFileRoute } from '@tanstack/react-router'
import { TeamPage } from '@/features/team/team-page'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/_app/team')({
  loader: () => loadTexts('team'),
  component: TeamPage,
})
