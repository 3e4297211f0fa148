import { createFileRoute } from '@tanstack/react-router'
import { ForgotPage } from '@/features/auth/forgot-page'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/forgot')({
  loader: () => loadTexts('auth', 'common', 'errors'),
  component: ForgotPage,
})
