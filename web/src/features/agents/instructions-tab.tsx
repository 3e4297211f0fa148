import { useFormContext, useWatch } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { Alert } from '@/components/ui/alert'
import { Card } from '@/components/ui/card'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { Textarea } from '@/components/ui/textarea'
import { useFormat } from '@/lib/format'
import { useAgentFieldText } from './field-text'
import { type AgentForm, lengthOf, MAX_PROMPT } from './form'

/** Its name, and what it is told. */
export function InstructionsTab({ readOnly }: { readOnly: boolean }) {
  const { t } = useTranslation('agents')
  const { control, register, formState } = useFormContext<AgentForm>()
  const fieldText = useAgentFieldText()
  const provider = useWatch({ control, name: 'provider' })
  const error = (name: keyof AgentForm) => fieldText(name, formState.errors[name]?.message)
  return (
    <Card>
      <div className="grid gap-4">
        <Field label={t('name')} hint={t('name_hint')} required error={error('name')}>
          <Input {...register('name')} readOnly={readOnly} autoComplete="off" className="max-w-md" />
        </Field>
        {provider === 'knowledge' ? <Alert>{t('prompt_hint_built_in')}</Alert> : null}
        <Field label={t('prompt')} hint={t('prompt_hint')} error={error('system_prompt')} aside={<Length />}>
          <Textarea
            {...register('system_prompt')}
            readOnly={readOnly}
            autogrow
            rows={12}
            maxRows={32}
            dir="auto"
          />
        </Field>
      </div>
    </Card>
  )
}

function Length() {
  const { t } = useTranslation('agents')
  const format = useFormat()
  const { control } = useFormContext<AgentForm>()
  const length = lengthOf(useWatch({ control, name: 'system_prompt' }))
  return (
    <span className={length > MAX_PROMPT ? 'text-danger text-sm' : 'text-muted text-sm'}>
      {length > MAX_PROMPT
        ? t('prompt_too_long', { over: format.number(length - MAX_PROMPT) })
        : t('prompt_length', { length: format.number(length), max: format.number(MAX_PROMPT) })}
    </span>
  )
}
