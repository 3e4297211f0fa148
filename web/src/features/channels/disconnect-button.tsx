import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import {
  disconnectSocialAccountMutation,
  getSocialAccountQueryKey,
  listSocialAccountsQueryKey,
} from '@/api/gen/@tanstack/react-query.gen'
import type { SocialAccountView } from '@/api/gen/types.gen'
import { anyOf } from '@/api/pages'
import { useOrganization } from '@/app/organization'
import { ActionError } from '@/components/api-error'
import { Button } from '@/components/ui/button'
import { ConfirmDialog } from '@/components/ui/confirm-dialog'
import { toast } from '@/components/ui/toast'

/** Ends the connection; conversations stay. */
export function DisconnectButton({ account }: { account: SocialAccountView }) {
  const { t } = useTranslation('channels')
  const organization = useOrganization()
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const path = { organization_id: organization.id }
  const disconnect = useMutation(disconnectSocialAccountMutation())
  const confirm = async () => {
    await disconnect.mutateAsync({ path: { ...path, account_id: account.id } })
    toast.success(t('disconnected', { name: account.name }))
    await queryClient.invalidateQueries({ queryKey: anyOf(listSocialAccountsQueryKey({ path })) })
    const account_id = account.id
    await queryClient.invalidateQueries({
      queryKey: anyOf(getSocialAccountQueryKey({ path: { ...path, account_id } })),
    })
    await navigate({ to: '/social/accounts' })
  }
  return (
    <ConfirmDialog
      trigger={<Button variant="secondary">{t('disconnect')}</Button>}
      title={t('disconnect_title', { name: account.name })}
      description={t('disconnect_text')}
      confirmLabel={t('disconnect')}
      onConfirm={confirm}
      error={disconnect.error ? <ActionError error={disconnect.error} /> : undefined}
    />
  )
}
