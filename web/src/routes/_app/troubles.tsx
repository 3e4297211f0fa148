import { createFileRoute } from '@tanstack/react-router'
import { TroublesPage } from '@/features/channels/troubles-page'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/_app/troubles')({
  loader: () => loadTexts('channels'),
  component: TroublesPage,
})
