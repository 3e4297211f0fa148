import { UserPlus } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useOrganization } from '@/app/organization'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { PageHeader } from '@/components/ui/page-header'
import { Invitations } from './invitations'
import { Members } from './members'

const InviteDialog = lazy(() => import('./invite-dialog'))

/** Who works here, and who is asked to. */
export function TeamPage() {
  const { t } = useTranslation('team')
  const organization = useOrganization()
  const [inviting, setInviting] = useState(false)
  const mayInvite = organization.can('admin')
  const invite = mayInvite ? (
    <Button icon={<UserPlus aria-hidden="true" className="size-4" />} onClick={() => setInviting(true)}>
      {t('invite')}
    </Button>
  ) : null
  return (
    <div className="mx-auto grid w-full max-w-5xl gap-4">
      <PageHeader title={t('title')} description={t('subtitle')} actions={invite} />
      <Card title={t('members')} flush>
        <Members />
      </Card>
      {mayInvite ? (
        <Card title={t('invitations')} flush>
          <Invitations action={invite} />
        </Card>
      ) : null}
      <Suspense>{inviting ? <InviteDialog onClose={() => setInviting(false)} /> : null}</Suspense>
    </div>
  )
}
