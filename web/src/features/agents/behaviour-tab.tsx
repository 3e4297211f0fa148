import { Controller, useFormContext } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { Card } from '@/components/ui/card'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { RadioGroup } from '@/components/ui/radio-group'
import { Slider } from '@/components/ui/slider'
import { Textarea } from '@/components/ui/textarea'
import { useFormat } from '@/lib/format'
import { useAgentFieldText } from './field-text'
import { type AgentForm, LANGUAGES, LIMITS } from './form'

/** How it answers. */
export function BehaviourTab({ readOnly }: { readOnly: boolean }) {
  const { t } = useTranslation('agents')
  const format = useFormat()
  const { control, register, formState } = useFormContext<AgentForm>()
  const fieldText = useAgentFieldText()
  const error = (name: keyof AgentForm) => fieldText(name, formState.errors[name]?.message)
  const range = ([low, high]: readonly [number, number]) => ({
    low: format.number(low),
    high: format.number(high),
  })
  return (
    <Card>
      <div className="grid max-w-2xl gap-6">
        <Controller
          control={control}
          name="language"
          render={({ field }) => (
            <RadioGroup
              label={t('language')}
              value={field.value}
              onValueChange={field.onChange}
              onBlur={field.onBlur}
              ref={field.ref}
              disabled={readOnly}
              options={LANGUAGES.map((value) => ({
                value,
                label: t(`language_${value}`),
                hint: value === 'auto' ? t('language_auto_hint') : undefined,
              }))}
            />
          )}
        />
        <Controller
          control={control}
          name="quiet_seconds"
          render={({ field }) => (
            <Field label={t('quiet')} hint={t('quiet_hint')} error={error('quiet_seconds')}>
              <Slider
                min={LIMITS.quiet_seconds[0]}
                max={LIMITS.quiet_seconds[1]}
                step={0.5}
                value={field.value}
                onValueChange={field.onChange}
                onBlur={field.onBlur}
                ref={field.ref}
                disabled={readOnly}
                valueText={t('seconds', { count: field.value, value: format.number(field.value) })}
              />
            </Field>
          )}
        />
        <Controller
          control={control}
          name="temperature"
          render={({ field }) => (
            <Field label={t('temperature')} hint={t('temperature_hint')} error={error('temperature')}>
              <Slider
                min={LIMITS.temperature[0]}
                max={LIMITS.temperature[1]}
                step={0.1}
                value={field.value}
                onValueChange={field.onChange}
                onBlur={field.onBlur}
                ref={field.ref}
                disabled={readOnly}
                valueText={format.number(field.value)}
              />
            </Field>
          )}
        />
        <Field
          label={t('max_answer')}
          hint={t('max_answer_hint', range(LIMITS.max_answer_tokens))}
          required
          error={error('max_answer_tokens')}
        >
          <Input
            {...register('max_answer_tokens')}
            readOnly={readOnly}
            inputMode="numeric"
            className="max-w-40"
          />
        </Field>
        <Field
          label={t('history')}
          hint={t('history_hint', range(LIMITS.history_budget_tokens))}
          required
          error={error('history_budget_tokens')}
        >
          <Input
            {...register('history_budget_tokens')}
            readOnly={readOnly}
            inputMode="numeric"
            className="max-w-40"
          />
        </Field>
        <Field label={t('fallback')} hint={t('fallback_hint')} required error={error('fallback_text')}>
          <Textarea
            {...register('fallback_text')}
            readOnly={readOnly}
            autogrow
            rows={2}
            maxRows={8}
            dir="auto"
          />
        </Field>
      </div>
    </Card>
  )
}
