import { createFileRoute } from '@tanstack/react-router'
import { AccountPage } from '@/features/channels/account-page'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/_app/social/accounts/$accountId')({
  loader: () => loadTexts('channels'),
  component: AccountPage,
})
