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
      <PageHeader title={t('troubles_title')} description={t('troubles_subtitle')} />
      <TroubledMessages />
      <DeadLetters />
      <EventList quarantined />
    </div>
  )
}
