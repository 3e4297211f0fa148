import { zodResolver } from '@hookform/resolvers/zod'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import * as z from 'zod/mini'
import { listPlatformAppsQueryKey, putPlatformAppMutation } from '@/api/gen/@tanstack/react-query.gen'
import type { PlatformAppView } from '@/api/gen/types.gen'
import { anyOf } from '@/api/pages'
import { useOrganization } from '@/app/organization'
import { ActionError, placeFieldErrors } from '@/components/api-error'
import { Alert } from '@/components/ui/alert'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { SecretInput } from '@/components/ui/secret-input'
import { normalizeDigits } from '@/lib/format'
import type { Platform } from './platforms'

const schema = z.object({
  app_id: z.string().check(z.trim(), z.regex(/^[0-9]{0,64}$/)),
  app_secret: z.string().check(z.trim(), z.minLength(1)),
})
type Form = z.infer<typeof schema>

interface Props {
  platform: Platform
  app: PlatformAppView | undefined
  /** The organization uses the installation's own app. */
  skipped: boolean
  onSkip(): void
}

/** The Meta app whose secret signs the webhooks: entered once per platform. */
export function AppStep({ platform, app, skipped, onSkip }: Props) {
  const { t } = useTranslation('channels')
  const [changing, setChanging] = useState(false)
  if (skipped && !app) return <Card title={t('step_app')}>{t('step_app_skipped')}</Card>
  if (app && !changing) {
    return (
      <Card
        title={t('step_app')}
        actions={
          <Button variant="secondary" size="sm" onClick={() => setChanging(true)}>
            {t('step_app_change')}
          </Button>
        }
      >
        <Alert tone="ok">
          {t('step_app_done')} {app.app_id ? <span className="break-all">{app.app_id}</span> : null}
        </Alert>
      </Card>
    )
  }
  return (
    <Card title={t('step_app')} description={t('step_app_text')}>
      <AppForm platform={platform} app={app} onSaved={() => setChanging(false)} />
      {app ? null : (
        <div className="mt-2">
          <Button variant="ghost" size="sm" onClick={onSkip}>
            {t('step_app_skip')}
          </Button>
        </div>
      )}
    </Card>
  )
}

function AppForm({
  platform,
  app,
  onSaved,
}: {
  platform: Platform
  app: PlatformAppView | undefined
  onSaved(): void
}) {
  const { t } = useTranslation('channels')
  const organization = useOrganization()
  const queryClient = useQueryClient()
  const path = { organization_id: organization.id }
  const save = useMutation({
    ...putPlatformAppMutation(),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: anyOf(listPlatformAppsQueryKey({ path })) })
      onSaved()
    },
  })
  const form = useForm<Form>({
    resolver: zodResolver(schema),
    mode: 'onTouched',
    defaultValues: { app_id: app?.app_id ?? '', app_secret: '' },
  })
  const { errors } = form.formState
  const submit = form.handleSubmit(({ app_id, app_secret }) =>
    save.mutate(
      { path: { ...path, platform }, body: { app_id: app_id || null, app_secret } },
      {
        onError: (error) =>
          placeFieldErrors(error, form.setError, { app_id: 'app_id', app_secret: 'app_secret' }, () =>
            t('wrong'),
          ),
      },
    ),
  )
  return (
    <form onSubmit={submit} noValidate className="grid max-w-lg gap-4">
      <Field label={t('app_id')} optional error={errors.app_id ? t('external_wrong') : undefined}>
        <Input
          inputMode="numeric"
          autoComplete="off"
          {...form.register('app_id', { setValueAs: normalizeDigits })}
        />
      </Field>
      <Field
        label={t('app_secret')}
        hint={t('app_secret_hint')}
        required
        error={
          errors.app_secret ? (errors.app_secret.type === 'server' ? t('wrong') : t('required')) : undefined
        }
      >
        <SecretInput saved={app?.app_secret.configured} {...form.register('app_secret')} />
      </Field>
      {errors.app_id || errors.app_secret ? null : <ActionError error={save.error} />}
      <div>
        <Button type="submit" pending={save.isPending}>
          {t('save_app')}
        </Button>
      </div>
    </form>
  )
}
