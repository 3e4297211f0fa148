import { useTranslation } from 'react-i18next'
import { PageHeader } from '@/components/ui/page-header'
import { NameCard } from './name-card'
import { PasswordCard } from './password-card'
import { PreferencesCard } from './preferences-card'
import { SessionsCard } from './sessions-card'

export function ProfilePage() {
  const { t } = useTranslation('profile')
  return (
    <div className="mx-auto grid w-full max-w-3xl gap-4">
      <PageHeader title={t('title')} description={t('text')} className="mb-0" />
      <NameCard />
      <PreferencesCard />
      <PasswordCard />
      <SessionsCard />
    </div>
  )
}
