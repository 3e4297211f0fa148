import { zodResolver } from '@hookform/resolvers/zod'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import * as z from 'zod/mini'
import {
  getOrganizationOptions,
  getOrganizationQueryKey,
  updateOrganizationMutation,
} from '@/api/gen/@tanstack/react-query.gen'
import type { OrganizationView } from '@/api/gen/types.gen'
import { organizationsOptions, useOrganization } from '@/app/organization'
import { ActionError, placeFieldErrors, QueryError } from '@/components/api-error'
import { Alert } from '@/components/ui/alert'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { Select } from '@/components/ui/select'
import { SkeletonLines } from '@/components/ui/skeleton'
import { toast } from '@/components/ui/toast'
import { UnsavedGuard } from '@/components/unsaved-guard'
import { useFormat } from '@/lib/format'

const MAX_NAME = 100
const schema = z.object({
  name: z.string().check(z.trim(), z.minLength(1), z.maxLength(MAX_NAME)),
  timezone: z.string().check(z.minLength(1)),
})
type Form = z.infer<typeof schema>

/** Dhaka first: nearly everybody is there. The rest is what the browser knows. */
function timezones(): string[] {
  const known = Intl.supportedValuesOf('timeZone')
  return ['Asia/Dhaka', ...known.filter((zone) => zone !== 'Asia/Dhaka')]
}

export function OrganizationProfile() {
  const organization = useOrganization()
  const query = useQuery(getOrganizationOptions({ path: { organization_id: organization.id } }))
  if (query.isPending) return <SkeletonLines count={4} />
  if (!query.data)
    return <QueryError error={query.error} onRetry={() => void query.refetch()} pending={query.isFetching} />
  return <ProfileForm current={query.data} />
}

function ProfileForm({ current }: { current: OrganizationView }) {
  const { t } = useTranslation('settings')
  const format = useFormat()
  const organization = useOrganization()
  const queryClient = useQueryClient()
  const mayChange = organization.can('admin')
  const path = { organization_id: organization.id }
  const save = useMutation({
    ...updateOrganizationMutation(),
    onSuccess: (saved) => {
      queryClient.setQueryData(getOrganizationQueryKey({ path }), saved)
      toast.success(t('saved'))
      return queryClient.invalidateQueries({ queryKey: organizationsOptions.queryKey })
    },
  })
  const values = { name: current.name, timezone: current.timezone }
  const form = useForm<Form>({ resolver: zodResolver(schema), mode: 'onTouched', defaultValues: values })
  const { reset } = form
  const { errors, isDirty } = form.formState
  // The server's newer state replaces what is shown, but never what somebody is typing.
  useEffect(() => {
    if (!isDirty) reset({ name: current.name, timezone: current.timezone })
  }, [current, isDirty, reset])
  const submit = form.handleSubmit((body) =>
    save.mutate(
      { path, body },
      {
        onSuccess: ({ name, timezone }) => reset({ name, timezone }),
        onError: (error) =>
          placeFieldErrors(error, form.setError, { name: 'name', timezone: 'timezone' }, () => t('required')),
      },
    ),
  )
  return (
    <Card>
      <form onSubmit={submit} noValidate className="grid max-w-lg gap-4">
        {mayChange ? null : <Alert>{t('read_only')}</Alert>}
        <Field
          label={t('name')}
          hint={t('name_hint')}
          required
          error={
            errors.name
              ? errors.name.type === 'too_big'
                ? t('too_long', { max: format.number(MAX_NAME) })
                : t('required')
              : undefined
          }
        >
          <Input {...form.register('name')} readOnly={!mayChange} autoComplete="organization" />
        </Field>
        <Field label={t('timezone')} hint={t('timezone_hint')} error={errors.timezone?.message}>
          <Select
            {...form.register('timezone')}
            disabled={!mayChange}
            options={timezones().map((zone) => ({ value: zone, label: zone.replaceAll('_', ' ') }))}
          />
        </Field>
        <ActionError error={Object.keys(errors).length > 0 ? null : save.error} />
        {mayChange ? (
          <div>
            <Button type="submit" pending={save.isPending} disabled={!isDirty}>
              {t('save')}
            </Button>
          </div>
        ) : null}
      </form>
      <UnsavedGuard when={isDirty && !save.isPending} />
    </Card>
  )
}
