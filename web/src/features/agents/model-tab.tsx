import { useMutation } from '@tanstack/react-query'
import { Zap } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { Controller, useFormContext, useWatch } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { testModelMutation } from '@/api/gen/@tanstack/react-query.gen'
import type { AgentView, ModelTest } from '@/api/gen/types.gen'
import { useOrganization } from '@/app/organization'
import { ActionError, placeFieldErrors } from '@/components/api-error'
import { Alert } from '@/components/ui/alert'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Checkbox } from '@/components/ui/checkbox'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { RadioGroup } from '@/components/ui/radio-group'
import { SecretInput } from '@/components/ui/secret-input'
import { useModelErrorText } from '@/lib/errors'
import { useFormat } from '@/lib/format'
import { useAgentFieldText } from './field-text'
import { type AgentForm, keyIsForAnotherHost, SERVER_FIELDS, toModelInput } from './form'

/** Who writes the answers, and whether it can be reached. */
export function ModelTab({ readOnly, agent }: { readOnly: boolean; agent: AgentView }) {
  const { t } = useTranslation('agents')
  const { control } = useFormContext<AgentForm>()
  const provider = useWatch({ control, name: 'provider' })
  return (
    <Card>
      <div className="grid max-w-2xl gap-6">
        <Controller
          control={control}
          name="provider"
          render={({ field }) => (
            <RadioGroup
              label={t('provider')}
              cards
              value={field.value}
              onValueChange={field.onChange}
              onBlur={field.onBlur}
              ref={field.ref}
              disabled={readOnly}
              options={[
                { value: 'knowledge', label: t('provider_knowledge'), hint: t('provider_knowledge_hint') },
                { value: 'openai_compatible', label: t('provider_openai'), hint: t('provider_openai_hint') },
              ]}
            />
          )}
        />
        {provider === 'openai_compatible' ? <OutsideModel readOnly={readOnly} agent={agent} /> : null}
        {readOnly ? null : <TestCall agent={agent} />}
      </div>
    </Card>
  )
}

function OutsideModel({ readOnly, agent }: { readOnly: boolean; agent: AgentView }) {
  const { t } = useTranslation('agents')
  const { control, register, formState } = useFormContext<AgentForm>()
  const fieldText = useAgentFieldText()
  const error = (name: keyof AgentForm) => fieldText(name, formState.errors[name]?.message)
  const [base_url, api_key, no_key, key_origin] = useWatch({
    control,
    name: ['base_url', 'api_key', 'no_key', 'key_origin'],
  })
  const last4 = agent.model.provider === 'openai_compatible' ? agent.model.api_key?.last4 : null
  const retype = keyIsForAnotherHost({ base_url, api_key, no_key, key_origin })
  // The same words as hint and as error: nothing moves under the pointer when the check comes.
  const otherHost = retype ? t('api_key_other_host', { origin: key_origin }) : undefined
  const keyError = error('api_key') && (otherHost ?? error('api_key'))
  const keyHint =
    no_key || keyError
      ? undefined
      : otherHost
        ? otherHost
        : key_origin
          ? t('api_key_saved', { last4: last4 ?? '' })
          : t('api_key_hint')
  return (
    <>
      <Field label={t('base_url')} hint={t('base_url_hint')} required error={error('base_url')}>
        <Input
          {...register('base_url', { deps: ['api_key'] })}
          readOnly={readOnly}
          inputMode="url"
          autoCapitalize="none"
          spellCheck={false}
          autoComplete="off"
        />
      </Field>
      <Field label={t('model_name')} hint={t('model_name_hint')} required error={error('model')}>
        <Input
          {...register('model')}
          readOnly={readOnly}
          autoCapitalize="none"
          spellCheck={false}
          autoComplete="off"
        />
      </Field>
      {readOnly ? (
        key_origin ? (
          <p className="text-sm">{t('api_key_saved', { last4: last4 ?? '' })}</p>
        ) : null
      ) : (
        <div className="grid gap-1">
          <Field label={t('api_key')} hint={keyHint} error={keyError}>
            <SecretInput {...register('api_key')} saved={Boolean(key_origin) && !retype} disabled={no_key} />
          </Field>
          <Checkbox
            {...register('no_key', { deps: ['api_key'] })}
            label={key_origin ? t('no_key_saved') : t('no_key')}
          />
        </div>
      )}
      <fieldset className="grid min-w-0 gap-2">
        <legend className="font-semibold text-sm">{t('prices')}</legend>
        <p className="text-muted text-sm">{t('prices_hint')}</p>
        <div className="grid max-w-md gap-3 sm:grid-cols-2">
          <Field label={t('input_price')} optional error={error('input_price')}>
            <Input {...register('input_price')} readOnly={readOnly} inputMode="decimal" icon="$" />
          </Field>
          <Field label={t('output_price')} optional error={error('output_price')}>
            <Input {...register('output_price')} readOnly={readOnly} inputMode="decimal" icon="$" />
          </Field>
        </div>
      </fieldset>
    </>
  )
}

/** Asks the model as it stands here. The stored key goes only to the host it was entered for (R62). */
function TestCall({ agent }: { agent: AgentView }) {
  const { t } = useTranslation('agents')
  const form = useFormContext<AgentForm>()
  const path = { organization_id: useOrganization().id }
  const test = useMutation(testModelMutation())
  const run = async () => {
    test.reset()
    const right = await form.trigger(['base_url', 'model', 'api_key', 'input_price', 'output_price'], {
      shouldFocus: true,
    })
    if (!right) return
    const values = form.getValues()
    test.mutate(
      { path, body: { model: toModelInput(values), agent_id: agent.id } },
      { onError: (error) => placeFieldErrors(error, form.setError, SERVER_FIELDS, (code) => code) },
    )
  }
  const { base_url, model, api_key } = form.formState.errors
  // What was found out counts for what was asked, not for what stands here now.
  const asked = useWatch({
    control: form.control,
    name: ['provider', 'base_url', 'model', 'api_key', 'no_key'],
  }).join('\n')
  const { reset } = test
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever something else would be asked
  useEffect(reset, [asked])
  const outcome = useRef<HTMLDivElement>(null)
  const told = test.data ?? test.error
  useEffect(() => {
    // It may stand below the window, or behind the bar with Save.
    if (told) outcome.current?.scrollIntoView({ block: 'nearest' })
  }, [told])
  return (
    <div className="grid gap-3 border-t pt-4">
      <p className="text-muted text-sm">{t('test_text')}</p>
      <div>
        <Button
          variant="secondary"
          pending={test.isPending}
          onClick={() => void run()}
          icon={<Zap aria-hidden="true" className="size-4" />}
        >
          {t('test')}
        </Button>
      </div>
      <div ref={outcome} className="scroll-mb-24">
        {test.data ? <TestResult result={test.data} /> : null}
        <ActionError error={base_url || model || api_key ? null : test.error} />
      </div>
    </div>
  )
}

function TestResult({ result }: { result: ModelTest }) {
  const { t } = useTranslation('agents')
  const format = useFormat()
  const modelError = useModelErrorText()
  const time = format.duration(result.latency_ms / 1000)
  if (!result.ok) {
    return (
      <Alert tone="danger" live="assertive" title={t('test_failed', { time })}>
        {modelError(result.code)}
      </Alert>
    )
  }
  if (!result.reply) return <Alert tone="ok" live="polite" title={t('test_ok_built_in')} />
  return (
    <Alert tone="ok" live="polite" title={t('test_ok', { time })}>
      {result.model ? <p className="break-words">{t('test_model', { model: result.model })}</p> : null}
      <p>{t('test_reply')}</p>
      <p className="message-text" dir="auto">
        {result.reply}
      </p>
    </Alert>
  )
}
