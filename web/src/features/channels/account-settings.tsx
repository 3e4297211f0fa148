import { zodResolver } from '@hookform/resolvers/zod'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import * as z from 'zod/mini'
import {
  getSocialAccountQueryKey,
  listAgentsOptions,
  listSocialAccountsQueryKey,
  updateSocialAccountMutation,
} from '@/api/gen/@tanstack/react-query.gen'
import type { SocialAccountView } from '@/api/gen/types.gen'
import { anyOf } from '@/api/pages'
import { useOrganization } from '@/app/organization'
import { ActionError, placeFieldErrors } from '@/components/api-error'
import { Alert } from '@/components/ui/alert'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { SecretInput } from '@/components/ui/secret-input'
import { Select } from '@/components/ui/select'
import { Switch } from '@/components/ui/switch'
import { toast } from '@/components/ui/toast'
import { UnsavedGuard } from '@/components/unsaved-guard'

const schema = z.object({
  name: z.string().check(z.trim(), z.minLength(1), z.maxLength(100)),
  agent_id: z.string(),
  auto_reply: z.boolean(),
  access_token: z.string().check(z.trim()),
})
type Form = z.infer<typeof schema>

function formOf(account: SocialAccountView): Form {
  return {
    name: account.name,
    agent_id: account.agent_id ?? '',
    auto_reply: account.auto_reply,
    access_token: '',
  }
}

/** Name, agent, automatic answers, and a new token for a broken one. */
export function AccountSettings({ account }: { account: SocialAccountView }) {
  const { t } = useTranslation('channels')
  const organization = useOrganization()
  const queryClient = useQueryClient()
  const mayChange = organization.can('admin')
  const path = { organization_id: organization.id }
  const agents = useQuery(listAgentsOptions({ path, query: { limit: 100 } }))
  const save = useMutation({
    ...updateSocialAccountMutation(),
    onSuccess: async (saved) => {
      queryClient.setQueryData(getSocialAccountQueryKey({ path: { ...path, account_id: account.id } }), saved)
      toast.success(t('saved'))
      await queryClient.invalidateQueries({ queryKey: anyOf(listSocialAccountsQueryKey({ path })) })
    },
  })
  const form = useForm<Form>({
    resolver: zodResolver(schema),
    mode: 'onTouched',
    defaultValues: formOf(account),
  })
  const { reset } = form
  const { errors, isDirty } = form.formState
  // The server's newer state replaces what is shown, but never what somebody is typing.
  useEffect(() => {
    if (!isDirty) reset(formOf(account))
  }, [account, isDirty, reset])
  const submit = form.handleSubmit(({ name, agent_id, auto_reply, access_token }) =>
    save.mutate(
      {
        path: { ...path, account_id: account.id },
        body: { name, agent_id: agent_id || null, auto_reply, ...(access_token ? { access_token } : {}) },
      },
      {
        onSuccess: (saved) => reset(formOf(saved)),
        onError: (error) =>
          placeFieldErrors(
            error,
            form.setError,
            { name: 'name', agent_id: 'agent_id', access_token: 'access_token' },
            () => t('wrong'),
          ),
      },
    ),
  )
  return (
    <Card title={t('settings')}>
      <form onSubmit={submit} noValidate className="grid max-w-lg gap-4">
        {mayChange ? null : <Alert>{t('ask_admin')}</Alert>}
        <Field
          label={t('name')}
          hint={t('name_hint')}
          required
          error={errors.name ? t('required') : undefined}
        >
          <Input {...form.register('name')} readOnly={!mayChange} autoComplete="off" />
        </Field>
        <Field label={t('agent')} error={errors.agent_id ? t('wrong') : undefined}>
          <Select
            {...form.register('agent_id')}
            disabled={!mayChange}
            placeholder={t('no_agent')}
            options={agentOptions()}
          />
        </Field>
        <Switch
          label={t('auto_reply')}
          hint={t('auto_reply_hint')}
          disabled={!mayChange}
          {...form.register('auto_reply')}
        />
        {mayChange ? (
          <Field
            label={t('new_token')}
            hint={tokenHint()}
            error={errors.access_token ? t('wrong') : undefined}
          >
            <SecretInput saved={account.access_token.configured} {...form.register('access_token')} />
          </Field>
        ) : null}
        {Object.keys(errors).length > 0 ? null : <ActionError error={save.error} />}
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

  /** The assigned agent is in the list also before the agents have arrived: a select must not show another one. */
  function agentOptions() {
    const known = agents.data?.items.map(({ id, name }) => ({ value: id, label: name })) ?? []
    const { agent_id, agent_name } = account
    if (!agent_id || known.some(({ value }) => value === agent_id)) return known
    return [...known, { value: agent_id, label: agent_name ?? agent_id }]
  }

  function tokenHint() {
    const { last4 } = account.access_token
    return last4 ? `${t('token_saved', { last4 })}. ${t('new_token_hint')}` : t('new_token_hint')
  }
}
