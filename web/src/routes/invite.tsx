import { createFileRoute } from '@tanstack/react-router'
import { startSession } from '@/app/session'
import { InvitePage } from '@/features/auth/invite-page'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/invite')({
  // Whoever is signed in joins as that.
  beforeLoad: () => startSession(),
  loader: () => loadTexts('auth', 'common', 'errors'),
  component: InvitePage,
})
