import { Link } from '@tanstack/react-router'
import { ArrowLeft } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { PageHeader } from '@/components/ui/page-header'
import { DeadLetters } from './dead-letters'
import { EventList } from './event-list'
import { TroubledMessages } from './troubled-messages'

/** Everything that did not go well, in one place (R19): nothing dies silently. */
export function TroublesPage() {
  const { t } = useTranslation('channels')
  return (
    <div className="mx-auto grid w-full max-w-5xl gap-4">
      <PageHeader
        back={
          <Link to="/social/accounts" className="inline-flex min-h-10 items-center gap-2 text-brand">
            <ArrowLeft aria-hidden="true" className="size-4" />
            {t('all_accounts')}
          </Link>
        }
        title={t('troubles_title')}
        description={t('troubles_subtitle')}
      />
      <TroubledMessages />
      <DeadLetters />
      <EventList quarantined />
    </div>
  )
}
