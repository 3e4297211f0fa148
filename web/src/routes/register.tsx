import { createFileRoute } from '@tanstack/react-router'
import { ownPath, requireSignedOut } from '@/app/guard'
import { RegisterPage } from '@/features/auth/register-page'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/register')({
  validateSearch: (search: Record<string, unknown>): { next?: string } => ({ next: ownPath(search['next']) }),
  beforeLoad: ({ search }) => requireSignedOut(search.next),
  loader: () => loadTexts('auth', 'common', 'errors'),
  component: RegisterPage,
})
