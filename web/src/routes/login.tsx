import { createFileRoute } from '@tanstack/react-router'
import { ownPath, requireSignedOut } from '@/app/guard'
import { LoginPage } from '@/features/auth/login-page'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/login')({
  validateSearch: (search: Record<string, unknown>): { next?: string } => ({ next: ownPath(search['next']) }),
  beforeLoad: ({ search }) => requireSignedOut(search.next),
  loader: () => loadTexts('auth', 'common', 'errors'),
  component: LoginPage,
})
