import { zodResolver } from '@hookform/resolvers/zod'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Controller, useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import * as z from 'zod/mini'
import {
  createSocialAccountMutation,
  listAgentsOptions,
  listSocialAccountsQueryKey,
} from '@/api/gen/@tanstack/react-query.gen'
import type { SocialAccountView } from '@/api/gen/types.gen'
import { anyOf } from '@/api/pages'
import { useOrganization } from '@/app/organization'
import { ActionError, placeFieldErrors } from '@/components/api-error'
import { Button } from '@/components/ui/button'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { RadioGroup } from '@/components/ui/radio-group'
import { SecretInput } from '@/components/ui/secret-input'
import { Select } from '@/components/ui/select'
import { Switch } from '@/components/ui/switch'
import { UnsavedGuard } from '@/components/unsaved-guard'
import { normalizeDigits } from '@/lib/format'
import type { Platform } from './platforms'

const schema = z.object({
  name: z.string().check(z.trim(), z.minLength(1), z.maxLength(100)),
  external_id: z.string().check(z.trim(), z.regex(/^[0-9]{1,64}$/)),
  login: z.enum(['page', 'instagram']),
  page_id: z.string().check(z.trim(), z.regex(/^[0-9]{0,64}$/)),
  access_token: z.string().check(z.trim(), z.minLength(1)),
  agent_id: z.string(),
  auto_reply: z.boolean(),
})
type Form = z.infer<typeof schema>

interface Props {
  platform: Platform
  onConnected(account: SocialAccountView): void
}

/** The account itself: its id and token at the platform, who answers, and whether by itself. */
export function AccountForm({ platform, onConnected }: Props) {
  const { t } = useTranslation('channels')
  const organization = useOrganization()
  const queryClient = useQueryClient()
  const path = { organization_id: organization.id }
  const agents = useQuery(listAgentsOptions({ path, query: { limit: 100 } }))
  const create = useMutation({
    ...createSocialAccountMutation(),
    onSuccess: async (account) => {
      await queryClient.invalidateQueries({ queryKey: anyOf(listSocialAccountsQueryKey({ path })) })
      onConnected(account)
    },
  })
  const form = useForm<Form>({
    resolver: zodResolver(schema),
    mode: 'onTouched',
    defaultValues: {
      name: '',
      external_id: '',
      login: 'page',
      page_id: '',
      access_token: '',
      agent_id: '',
      auto_reply: true,
    },
  })
  const { errors } = form.formState
  const login = form.watch('login')
  const throughPage = platform === 'instagram' && login === 'page'
  const submit = form.handleSubmit((values) => {
    if (throughPage && !values.page_id) {
      form.setError('page_id', { type: 'required' }, { shouldFocus: true })
      return
    }
    create.mutate(
      {
        path,
        body: {
          platform,
          name: values.name,
          external_id: values.external_id,
          login: platform === 'instagram' ? values.login : 'page',
          page_id: throughPage && values.page_id ? values.page_id : null,
          access_token: values.access_token,
          agent_id: values.agent_id || null,
          auto_reply: values.auto_reply,
        },
      },
      { onError: (error) => placeFieldErrors(error, form.setError, NAMES, () => t('wrong')) },
    )
  })
  return (
    <form onSubmit={submit} noValidate className="grid max-w-lg gap-4">
      {platform === 'instagram' ? (
        <Controller
          control={form.control}
          name="login"
          render={({ field }) => (
            <RadioGroup
              label={t('login')}
              value={field.value}
              onValueChange={field.onChange}
              onBlur={field.onBlur}
              ref={field.ref}
              options={[
                { value: 'page', label: t('login_page') },
                { value: 'instagram', label: t('login_instagram') },
              ]}
            />
          )}
        />
      ) : null}
      <Field label={t('name')} hint={t('name_hint')} required error={errors.name ? t('required') : undefined}>
        <Input autoComplete="off" {...form.register('name')} />
      </Field>
      <Field
        label={t(`external_${platform}`)}
        hint={t(`external_hint_${platform}`)}
        required
        error={errors.external_id ? t('external_wrong') : undefined}
      >
        <Input
          inputMode="numeric"
          autoComplete="off"
          {...form.register('external_id', { setValueAs: normalizeDigits })}
        />
      </Field>
      {throughPage ? (
        <Field
          label={t('page_id')}
          hint={t('page_id_hint')}
          required
          error={errors.page_id ? t('external_wrong') : undefined}
        >
          <Input
            inputMode="numeric"
            autoComplete="off"
            {...form.register('page_id', { setValueAs: normalizeDigits })}
          />
        </Field>
      ) : null}
      <Field
        label={t('token')}
        hint={t('token_hint')}
        required
        error={
          errors.access_token
            ? errors.access_token.type === 'server'
              ? t('wrong')
              : t('required')
            : undefined
        }
      >
        <SecretInput {...form.register('access_token')} />
      </Field>
      <Field label={t('agent')} error={errors.agent_id ? t('wrong') : undefined}>
        <Select
          {...form.register('agent_id')}
          placeholder={t('no_agent')}
          options={agents.data?.items.map(({ id, name }) => ({ value: id, label: name }))}
        />
      </Field>
      <Switch label={t('auto_reply')} hint={t('auto_reply_hint')} {...form.register('auto_reply')} />
      {Object.keys(errors).length > 0 ? null : <ActionError error={create.error} />}
      <UnsavedGuard when={form.formState.isDirty && !create.isPending} />
      <div>
        <Button type="submit" pending={create.isPending}>
          {t('connect')}
        </Button>
      </div>
    </form>
  )
}

const NAMES = {
  name: 'name',
  external_id: 'external_id',
  page_id: 'page_id',
  access_token: 'access_token',
  agent_id: 'agent_id',
} as const
