import { createFileRoute } from '@tanstack/react-router'
import { ContactPage } from '@/features/inbox/contact-page'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/_app/inbox/$conversationId/contact')({
  loader: () => loadTexts('inbox'),
  component: ContactPage,
})
