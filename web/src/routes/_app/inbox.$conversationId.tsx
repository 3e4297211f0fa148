import { createFileRoute } from '@tanstack/react-router'
import { ThreadPage } from '@/features/inbox/thread-page'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/_app/inbox/$conversationId')({
  loader: () => loadTexts('inbox'),
  component: ThreadPage,
})
