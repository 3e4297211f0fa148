import { zodResolver } from '@hookform/resolvers/zod'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useId } from 'react'
import { Controller, useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import {
  createInvitationMutation,
  getInstallationOptions,
  listInvitationsQueryKey,
} from '@/api/gen/@tanstack/react-query.gen'
import type { CreatedInvitation } from '@/api/gen/types.gen'
import { anyOf } from '@/api/pages'
import { ROLES, useOrganization } from '@/app/organization'
import { ActionError, placeFieldErrors } from '@/components/api-error'
import { Alert } from '@/components/ui/alert'
import { Button } from '@/components/ui/button'
import { CopyButton } from '@/components/ui/copy-button'
import { Dialog } from '@/components/ui/dialog'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { RadioGroup } from '@/components/ui/radio-group'
import { useFormat } from '@/lib/format'
import { type InviteForm, inviteSchema } from './schema'

/** Asks for an address and a role, then shows the link once. */
export default function InviteDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['team', 'common'])
  const organization = useOrganization()
  const queryClient = useQueryClient()
  const id = useId()
  const { data: installation } = useQuery(getInstallationOptions())
  const path = { organization_id: organization.id }
  const create = useMutation({
    ...createInvitationMutation(),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: anyOf(listInvitationsQueryKey({ path })) }),
  })
  const form = useForm<InviteForm>({
    resolver: zodResolver(inviteSchema),
    mode: 'onTouched',
    defaultValues: { email: '', role: 'operator' },
  })
  const { errors } = form.formState
  const submit = form.handleSubmit((body) =>
    create.mutate(
      { path, body },
      {
        onError: (error) =>
          placeFieldErrors(error, form.setError, { email: 'email' }, () => t('email_wrong')),
      },
    ),
  )
  if (create.data)
    return <InvitationLink invitation={create.data} mail={installation?.mail} onClose={onClose} />
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('invite_title')}
      description={installation?.mail ? t('invite_text_mail') : t('invite_text_link')}
      footer={
        <>
          <Button variant="secondary" onClick={onClose}>
            {t('common:cancel')}
          </Button>
          <Button type="submit" form={id} pending={create.isPending}>
            {t('invite_submit')}
          </Button>
        </>
      }
    >
      <form id={id} onSubmit={submit} noValidate className="grid gap-4">
        <Field label={t('email')} required error={errors.email ? t('email_wrong') : undefined}>
          <Input type="email" autoComplete="off" inputMode="email" {...form.register('email')} />
        </Field>
        <Controller
          control={form.control}
          name="role"
          render={({ field }) => (
            <RadioGroup
              label={t('role')}
              cards
              value={field.value}
              onValueChange={field.onChange}
              onBlur={field.onBlur}
              ref={field.ref}
              options={ROLES.filter((role) => organization.can(role)).map((role) => ({
                value: role,
                label: t(`common:role_${role}`),
                hint: t(`role_${role}_text`),
              }))}
            />
          )}
        />
        {errors.email ? null : <ActionError error={create.error} />}
      </form>
    </Dialog>
  )
}

interface LinkProps {
  invitation: CreatedInvitation
  /** Whether the server has sent the link by mail too. */
  mail: boolean | undefined
  onClose: () => void
}

function InvitationLink({ invitation, mail, onClose }: LinkProps) {
  const { t } = useTranslation('team')
  const format = useFormat()
  return (
    <Dialog
      open
      dismissible={false}
      onOpenChange={(open) => !open && onClose()}
      title={t('invite_done', { email: invitation.email })}
      description={t('invite_link_hint', { date: format.dateTime(invitation.expires_at) })}
      footer={<Button onClick={onClose}>{t('done')}</Button>}
    >
      <div className="grid gap-3">
        <Field label={t('invite_link')}>
          <Input readOnly value={invitation.link} onFocus={(event) => event.target.select()} />
        </Field>
        <Alert tone="info">{mail ? t('invite_mailed') : t('invite_text_link')}</Alert>
        <CopyButton value={invitation.link} label={t('copy_link')} />
      </div>
    </Dialog>
  )
}
