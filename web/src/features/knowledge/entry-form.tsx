import type { UseFormReturn } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import type { KnowledgeView, UnansweredView } from '@/api/gen/types.gen'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { Textarea } from '@/components/ui/textarea'
import { useFormat } from '@/lib/format'
import { type EntryForm, MAX_ANSWER, MAX_TITLE } from './schema'

/** What the dialog opens with: an entry to change, a question to answer, or nothing. */
export interface EntryDraft {
  entry?: KnowledgeView
  question?: UnansweredView
}

export function valuesOf({ entry, question }: EntryDraft): EntryForm {
  return {
    title: entry?.title ?? '',
    questions: entry?.questions.join('\n') ?? question?.text.replaceAll('\n', ' ') ?? '',
    answer_bn: entry?.answer_bn ?? '',
    answer_en: entry?.answer_en ?? '',
  }
}

/** The fields of an entry. */
export function EntryFields({ form }: { form: UseFormReturn<EntryForm> }) {
  const { t } = useTranslation('knowledge')
  const format = useFormat()
  const { errors } = form.formState
  const tooLong = (max: number) => t('too_long', { max: format.number(max) })
  return (
    <>
      <Field
        label={t('questions')}
        hint={t('questions_hint')}
        required
        error={errors.questions ? t('questions_wrong') : undefined}
      >
        <Textarea autogrow rows={3} dir="auto" {...form.register('questions')} />
      </Field>
      <Field
        label={t('answer_bn')}
        hint={t('answer_hint')}
        error={
          errors.answer_bn
            ? errors.answer_bn.type === 'too_big'
              ? tooLong(MAX_ANSWER)
              : t('answer_missing')
            : undefined
        }
      >
        <Textarea
          autogrow
          rows={3}
          lang="bn"
          dir="auto"
          {...form.register('answer_bn', { deps: ['answer_en'] })}
        />
      </Field>
      <Field
        label={t('answer_en')}
        hint={t('answer_hint')}
        error={errors.answer_en ? tooLong(MAX_ANSWER) : undefined}
      >
        <Textarea
          autogrow
          rows={3}
          lang="en"
          dir="auto"
          {...form.register('answer_en', { deps: ['answer_bn'] })}
        />
      </Field>
      <Field
        label={t('entry_title')}
        hint={t('entry_title_hint')}
        optional
        error={errors.title ? tooLong(MAX_TITLE) : undefined}
      >
        <Input dir="auto" {...form.register('title')} />
      </Field>
    </>
  )
}
