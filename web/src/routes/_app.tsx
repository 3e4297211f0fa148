import { createFileRoute } from '@tanstack/react-router'
import { requireSignIn } from '@/app/guard'
import { loadOrganizations } from '@/app/organization'
import { Shell } from '@/app/shell'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/_app')({
  beforeLoad: ({ location }) => requireSignIn(location.href),
  loader: () => Promise.all([loadOrganizations(), loadTexts('common', 'ui', 'errors', 'shell')]),
  component: Shell,
})
