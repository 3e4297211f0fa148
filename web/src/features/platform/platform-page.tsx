import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useUser } from '@/app/session'
import { EmptyState } from '@/components/ui/empty-state'
import { PageHeader } from '@/components/ui/page-header'
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs'
import { FailedEvents } from './failed-events'
import { Organizations } from './organizations'
import { Queues } from './queues'
import { Users } from './users'

const route = getRouteApi('/_app/admin-dashboard')
const TABS = ['organizations', 'users', 'queue', 'events'] as const
type Tab = (typeof TABS)[number]

/** The platform admin's page over all organizations. Every action asks for a reason, which is logged. */
export function PlatformPage() {
  const { t } = useTranslation(['admin', 'common'])
  const user = useUser()
  const { tab } = route.useSearch()
  const navigate = route.useNavigate()
  if (!user.is_platform_admin) {
    return <EmptyState level={2} title={t('common:forbidden_title')} text={t('forbidden')} />
  }
  const shown: Tab = TABS.find((known) => known === tab) ?? 'organizations'
  return (
    <div className="mx-auto grid w-full max-w-6xl gap-4">
      <PageHeader title={t('title')} description={t('subtitle')} />
      <Tabs<Tab>
        value={shown}
        onValueChange={(next) => void navigate({ search: { tab: next }, replace: true })}
      >
        <TabsList label={t('title')}>
          {TABS.map((name) => (
            <TabsTrigger key={name} value={name}>
              {t(`tab_${name}`)}
            </TabsTrigger>
          ))}
        </TabsList>
        <TabsContent value="organizations">
          <Organizations />
        </TabsContent>
        <TabsContent value="users">
          <Users />
        </TabsContent>
        <TabsContent value="queue">
          <Queues />
        </TabsContent>
        <TabsContent value="events">
          <FailedEvents />
        </TabsContent>
      </Tabs>
    </div>
  )
}
