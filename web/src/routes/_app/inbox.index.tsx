import { createFileRoute } from '@tanstack/react-router'
import { NoConversation } from '@/features/inbox/no-conversation'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/_app/inbox/')({
  loader: () => loadTexts('inbox'),
  component: NoConversation,
})
