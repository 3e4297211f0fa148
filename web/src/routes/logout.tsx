import { createFileRoute } from '@tanstack/react-router'
import { settledSession } from '@/app/session'
import { LogoutPage } from '@/features/auth/logout-page'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/logout')({
  // Whose drafts are to be removed is known only then; a server out of reach keeps nobody from leaving.
  beforeLoad: () => settledSession(3000),
  loader: () => loadTexts('auth', 'common', 'errors'),
  component: LogoutPage,
})
