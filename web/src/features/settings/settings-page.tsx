import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useOrganization } from '@/app/organization'
import { PageHeader } from '@/components/ui/page-header'
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs'
import { ApiKeys } from './api-keys'
import { CloseOrganization } from './close-organization'
import { OrganizationProfile } from './organization-profile'

const route = getRouteApi('/_app/settings')

/** The organization's own settings; a tab stands in the address. */
export function SettingsPage() {
  const { t } = useTranslation('settings')
  const organization = useOrganization()
  const { tab } = route.useSearch()
  const navigate = route.useNavigate()
  const tabs = [
    'profile',
    ...(organization.can('admin') ? ['keys'] : []),
    ...(organization.can('owner') ? ['danger'] : []),
  ]
  const shown = tab && tabs.includes(tab) ? tab : 'profile'
  return (
    <div className="mx-auto grid w-full max-w-4xl gap-4">
      <PageHeader title={t('title')} description={t('subtitle')} />
      <Tabs value={shown} onValueChange={(next) => void navigate({ search: { tab: next }, replace: true })}>
        <TabsList label={t('title')}>
          <TabsTrigger value="profile">{t('tab_profile')}</TabsTrigger>
          {tabs.includes('keys') ? <TabsTrigger value="keys">{t('tab_keys')}</TabsTrigger> : null}
          {tabs.includes('danger') ? <TabsTrigger value="danger">{t('tab_danger')}</TabsTrigger> : null}
        </TabsList>
        <TabsContent value="profile">
          <OrganizationProfile />
        </TabsContent>
        <TabsContent value="keys">
          <ApiKeys />
        </TabsContent>
        <TabsContent value="danger">
          <CloseOrganization />
        </TabsContent>
      </Tabs>
    </div>
  )
}
