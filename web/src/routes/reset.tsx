import { createFileRoute } from '@tanstack/react-router'
import { ResetPage } from '@/features/auth/reset-page'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/reset')({
  loader: () => loadTexts('auth', 'common', 'errors'),
  component: ResetPage,
})
