import { zodResolver } from '@hookform/resolvers/zod'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { ArrowLeft } from 'lucide-react'
import { useEffect, useId, useRef } from 'react'
import { Controller, useForm, useWatch } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import * as z from 'zod/mini'
import { toApiError } from '@/api/client'
import {
  createAgentMutation,
  getAgentQueryKey,
  listAgentsQueryKey,
} from '@/api/gen/@tanstack/react-query.gen'
import { anyOf } from '@/api/pages'
import { useOrganization } from '@/app/organization'
import { PageForbidden } from '@/app/page-states'
import { ActionError, placeFieldErrors } from '@/components/api-error'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { PageHeader } from '@/components/ui/page-header'
import { RadioGroup } from '@/components/ui/radio-group'
import { toast } from '@/components/ui/toast'
import { UnsavedGuard } from '@/components/unsaved-guard'
import { useErrorText, useFieldText } from '@/lib/errors'
import { TEMPLATES, type Template } from './templates'

const schema = z.object({
  template: z.enum(TEMPLATES),
  name: z.string().check(z.trim(), z.minLength(1, 'blank'), z.maxLength(100, 'name_length')),
})
type NewAgent = z.infer<typeof schema>

/** An agent from a template; the rest is done in its editor. */
export function NewAgentPage() {
  const { t } = useTranslation('agents')
  const organization = useOrganization()
  if (!organization.can('admin')) return <PageForbidden />
  return (
    <div className="mx-auto grid w-full max-w-5xl gap-4">
      <PageHeader title={t('new_title')} description={t('new_text')} back={<BackLink />} />
      <NewAgentForm />
    </div>
  )
}

export function BackLink() {
  const { t } = useTranslation('agents')
  return (
    <Link to="/agents" className="tap inline-flex items-center gap-1">
      <ArrowLeft aria-hidden="true" className="size-4" />
      {t('back')}
    </Link>
  )
}

function NewAgentForm() {
  const { t } = useTranslation('agents')
  const organization = useOrganization()
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const errorText = useErrorText()
  const fieldText = useFieldText()
  const previewId = useId()
  // One key for one form: a second press of the button cannot make a second agent.
  const once = useRef(crypto.randomUUID())
  const path = { organization_id: organization.id }
  const form = useForm<NewAgent>({
    resolver: zodResolver(schema),
    mode: 'onTouched',
    defaultValues: { template: 'clothing', name: t('template_clothing_name') },
  })
  const { errors, dirtyFields } = form.formState
  const template = useWatch({ control: form.control, name: 'template' })
  const { setValue } = form
  const ownName = dirtyFields.name
  useEffect(() => {
    if (!ownName) setValue('name', t(`template_${template}_name`))
  }, [template, ownName, setValue, t])

  const prompt = promptOf(template)
  function promptOf(chosen: Template) {
    return chosen === 'empty' ? '' : t(`template_${chosen}_prompt`, { shop: organization.name })
  }
  const create = useMutation({
    ...createAgentMutation(),
    onSuccess: (agent) => {
      queryClient.setQueryData(getAgentQueryKey({ path: { ...path, agent_id: agent.id } }), agent)
      void queryClient.invalidateQueries({ queryKey: anyOf(listAgentsQueryKey({ path })) })
      toast.success(t('created'))
      return navigate({ to: '/agents/$agentId', params: { agentId: agent.id } })
    },
    onError: (error) => {
      // Another name is another request.
      once.current = crypto.randomUUID()
      if (toApiError(error).code === 'agent_name_taken')
        form.setError('name', { type: 'server', message: errorText(error) }, { shouldFocus: true })
      else placeFieldErrors(error, form.setError, { name: 'name' }, (code) => fieldText(code) ?? '')
    },
  })
  const submit = form.handleSubmit(({ name }) =>
    create.mutate({
      path,
      headers: { 'Idempotency-Key': once.current },
      body: {
        name,
        model: { provider: 'knowledge' },
        system_prompt: prompt,
        fallback_text: t('template_fallback'),
      },
    }),
  )
  const nameError = errors.name
    ? errors.name.type === 'server'
      ? errors.name.message
      : fieldText(errors.name.message)
    : undefined
  return (
    <form onSubmit={submit} noValidate className="grid gap-4 lg:grid-cols-2 lg:items-start">
      <Card>
        <div className="grid gap-4">
          <Controller
            control={form.control}
            name="template"
            render={({ field }) => (
              <RadioGroup
                label={t('template')}
                cards
                value={field.value}
                onValueChange={field.onChange}
                onBlur={field.onBlur}
                ref={field.ref}
                options={TEMPLATES.map((value) => ({
                  value,
                  label: t(`template_${value}`),
                  hint: t(`template_${value}_hint`),
                }))}
              />
            )}
          />
          <Field label={t('name')} hint={t('name_hint')} required error={nameError}>
            <Input {...form.register('name')} autoComplete="off" />
          </Field>
          <ActionError error={errors.name ? null : create.error} />
          <div>
            <Button type="submit" pending={create.isPending}>
              {t('create')}
            </Button>
          </div>
        </div>
      </Card>
      {prompt ? (
        <section aria-labelledby={previewId} className="min-w-0 rounded-lg border border-line bg-panel p-4">
          <h2 id={previewId} className="mb-2 text-base">
            {t('template_preview')}
          </h2>
          <p className="message-text text-sm" dir="auto">
            {prompt}
          </p>
        </section>
      ) : null}
      <UnsavedGuard when={Boolean(ownName) && !create.isPending && !create.isSuccess} />
    </form>
  )
}
