import { createFileRoute } from '@tanstack/react-router'
import { ConnectPage } from '@/features/channels/connect-page'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/_app/social/accounts/connect/$platform')({
  loader: () => loadTexts('channels'),
  component: ConnectPage,
})
