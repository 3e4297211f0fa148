import { zodResolver } from '@hookform/resolvers/zod'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useId } from 'react'
import { useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import * as z from 'zod/mini'
import { createApiKeyMutation, listApiKeysQueryKey } from '@/api/gen/@tanstack/react-query.gen'
import type { CreatedApiKey } from '@/api/gen/types.gen'
import { anyOf } from '@/api/pages'
import { useOrganization } from '@/app/organization'
import { ActionError } from '@/components/api-error'
import { Alert } from '@/components/ui/alert'
import { Button } from '@/components/ui/button'
import { CopyButton } from '@/components/ui/copy-button'
import { Dialog } from '@/components/ui/dialog'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { Select } from '@/components/ui/select'

const KEY_ROLES = ['viewer', 'operator', 'admin'] as const
const DAYS = ['30', '90', '365', 'never'] as const
const schema = z.object({
  name: z.string().check(z.trim(), z.minLength(1), z.maxLength(100)),
  role: z.enum(KEY_ROLES),
  days: z.enum(DAYS),
})
type Form = z.infer<typeof schema>

function expiry(days: Form['days']): string | null {
  return days === 'never' ? null : new Date(Date.now() + Number(days) * 86_400_000).toISOString()
}

/** Names the key and what it may do, then shows it once. */
export default function NewKeyDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['settings', 'common'])
  const organization = useOrganization()
  const queryClient = useQueryClient()
  const id = useId()
  const path = { organization_id: organization.id }
  const create = useMutation({
    ...createApiKeyMutation(),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: anyOf(listApiKeysQueryKey({ path })) }),
  })
  const form = useForm<Form>({
    resolver: zodResolver(schema),
    mode: 'onTouched',
    defaultValues: { name: '', role: 'operator', days: '90' },
  })
  const submit = form.handleSubmit(({ name, role, days }) =>
    create.mutate({ path, body: { name, role, expires_at: expiry(days) } }),
  )
  if (create.data) return <ShownOnce created={create.data} onClose={onClose} />
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('key_new_title')}
      footer={
        <>
          <Button variant="secondary" onClick={onClose}>
            {t('common:cancel')}
          </Button>
          <Button type="submit" form={id} pending={create.isPending}>
            {t('key_submit')}
          </Button>
        </>
      }
    >
      <form id={id} onSubmit={submit} noValidate className="grid gap-4">
        <Field
          label={t('key_name')}
          hint={t('key_name_hint')}
          required
          error={form.formState.errors.name ? t('required') : undefined}
        >
          <Input {...form.register('name')} maxLength={100} autoComplete="off" />
        </Field>
        <Field label={t('key_role')}>
          <Select
            {...form.register('role')}
            options={KEY_ROLES.map((role) => ({ value: role, label: t(`common:role_${role}`) }))}
          />
        </Field>
        <Field label={t('key_expires')}>
          <Select
            {...form.register('days')}
            options={DAYS.map((days) => ({ value: days, label: t(`key_${days}`) }))}
          />
        </Field>
        <ActionError error={create.error} />
      </form>
    </Dialog>
  )
}

function ShownOnce({ created, onClose }: { created: CreatedApiKey; onClose: () => void }) {
  const { t } = useTranslation('settings')
  return (
    <Dialog
      open
      dismissible={false}
      onOpenChange={(open) => !open && onClose()}
      title={t('key_done', { name: created.api_key.name })}
      footer={<Button onClick={onClose}>{t('done')}</Button>}
    >
      <div className="grid gap-3">
        <Alert tone="warn">{t('key_once')}</Alert>
        <Field label={t('key_value')}>
          <Input readOnly value={created.key} onFocus={(event) => event.target.select()} />
        </Field>
        <CopyButton value={created.key} label={t('key_copy')} />
      </div>
    </Dialog>
  )
}
