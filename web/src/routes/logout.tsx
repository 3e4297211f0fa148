import { createFileRoute } from '@tanstack/react-router'
import { LogoutPage } from '@/features/auth/logout-page'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/logout')({
  loader: () => loadTexts('auth', 'common', 'errors'),
  component: LogoutPage,
})
