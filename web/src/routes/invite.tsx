import { createFileRoute } from '@tanstack/react-router'
import { InvitePage } from '@/features/auth/invite-page'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/invite')({
  loader: () => loadTexts('auth', 'common', 'errors'),
  component: InvitePage,
})
