import { useNavigate, useParams } from '@tanstack/react-router'
import { ArrowLeft } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useOrganization } from '@/app/organization'
import { useUser } from '@/app/session'
import { IconButton } from '@/components/ui/icon-button'
import { Sheet } from '@/components/ui/sheet'
import { useMediaQuery } from '@/components/ui/use-media-query'
import { ContactPanel } from './contact-panel'
import { useConversation } from './use-conversation'
import { useNow } from './use-now'

/** The contact panel under its own URL: the whole screen of a phone, a sheet on middle widths. */
export function ContactPage() {
  const { t } = useTranslation('inbox')
  const { conversationId } = useParams({ from: '/_app/inbox/$conversationId' })
  const organization = useOrganization()
  const user = useUser()
  const now = useNow()
  const navigate = useNavigate()
  const conversation = useConversation(organization.id, conversationId).data
  const small = useMediaQuery('(max-width: 767px)')
  const wide = useMediaQuery('(min-width: 1280px)')
  const back = () =>
    void navigate({ to: '/inbox/$conversationId', params: { conversationId }, search: true, replace: true })
  // The column beside the thread shows it already.
  if (wide || !conversation) return null
  const panel = (
    <ContactPanel
      organizationId={organization.id}
      conversation={conversation}
      userId={user.id}
      operator={organization.can('operator')}
      now={now}
    />
  )
  if (!small) {
    return (
      <Sheet open onOpenChange={(open) => !open && back()} title={t('contact.title')}>
        <div className="-mx-4">{panel}</div>
      </Sheet>
    )
  }
  return (
    <section aria-label={t('contact.title')} className="flex h-full min-h-0 flex-col">
      <div className="flex items-center gap-2 border-b px-2 py-1.5">
        <IconButton label={t('close_contact')} tooltip={false} onClick={back}>
          <ArrowLeft aria-hidden="true" />
        </IconButton>
        <h1 className="text-lg">{t('contact.title')}</h1>
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto">{panel}</div>
    </section>
  )
}
