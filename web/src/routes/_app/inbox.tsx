import { createFileRoute } from '@tanstack/react-router'
import { InboxPage } from '@/features/inbox/inbox-page'
import { inboxSearch } from '@/features/inbox/search'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/_app/inbox')({
  validateSearch: inboxSearch,
  loader: () => loadTexts('inbox'),
  component: InboxPage,
})
