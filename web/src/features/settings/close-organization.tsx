import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { deleteOrganizationMutation } from '@/api/gen/@tanstack/react-query.gen'
import { organizationsOptions, useOrganization } from '@/app/organization'
import { ActionError } from '@/components/api-error'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { ConfirmDialog } from '@/components/ui/confirm-dialog'

/** The owner's way out. */
export function CloseOrganization() {
  const { t } = useTranslation('settings')
  const organization = useOrganization()
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const close = useMutation({
    ...deleteOrganizationMutation(),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: organizationsOptions.queryKey })
      await navigate({ to: '/client-dashboard' })
    },
  })
  return (
    <Card title={t('danger_title')} description={t('danger_text')}>
      <ConfirmDialog
        trigger={<Button variant="danger">{t('danger_button')}</Button>}
        title={t('danger_confirm', { name: organization.name })}
        description={t('danger_text')}
        confirmLabel={t('danger_button')}
        onConfirm={() => close.mutateAsync({ path: { organization_id: organization.id } })}
        error={close.error ? <ActionError error={close.error} /> : undefined}
      />
    </Card>
  )
}
