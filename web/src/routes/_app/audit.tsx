import { createFileRoute } from '@tanstack/react-router'
import { AuditPage } from '@/features/settings/audit-page'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/_app/audit')({
  loader: () => loadTexts('settings'),
  component: AuditPage,
})
