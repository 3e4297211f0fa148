import { createFileRoute } from '@tanstack/react-router'
import { AccountsPage } from '@/features/channels/accounts-page'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/_app/social/accounts/')({
  loader: () => loadTexts('channels'),
  component: AccountsPage,
})
