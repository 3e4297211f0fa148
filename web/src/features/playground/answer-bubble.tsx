import { Bot } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { ActionError } from '@/components/api-error'
import { Alert } from '@/components/ui/alert'
import { Spinner } from '@/components/ui/spinner'
import { useModelErrorText } from '@/lib/errors'
import { useFormat } from '@/lib/format'
import type { Answer } from './trial'

/** What the agent says, with how far it is and what went wrong. */
export function AnswerBubble({ answer }: { answer: Answer }) {
  const { t } = useTranslation('playground')
  const format = useFormat()
  const modelError = useModelErrorText()
  const { done, error, state, written } = answer
  return (
    <div className="grid min-w-0 gap-2">
      <p className="flex items-center gap-1.5 text-muted text-sm">
        <Bot aria-hidden="true" className="size-4 shrink-0 text-bot" />
        {t('answer_by', { version: format.number(answer.version) })}
      </p>
      {error ? (
        <Alert tone="danger" live="assertive">
          <p>{modelError(error.code)}</p>
          <p className="text-muted">{t('error_code', { code: error.code })}</p>
        </Alert>
      ) : null}
      {state === 'broken' ? <ActionError error={answer.problem} /> : null}
      {state === 'asking' ? (
        <p className="flex items-center gap-2 rounded-lg bg-bot-soft px-3 py-2 text-muted text-sm">
          <Spinner />
          {t('asking')}
        </p>
      ) : null}
      {state === 'stopped' && written === '' ? (
        <p className="text-muted text-sm">{t('stopped_empty')}</p>
      ) : null}
      {written !== '' && (state === 'stopped' || state === 'broken' || (error && done)) ? (
        <p className="text-muted text-sm">
          {state === 'stopped' ? t('stopped') : state === 'broken' ? t('broken') : t('failed_partial')}
        </p>
      ) : null}
      {written !== '' && (!done || error) ? (
        <Text text={written} writing={state === 'writing' && !error} />
      ) : null}
      {done ? (
        <>
          {done.used_fallback ? <p className="text-muted text-sm">{t('fallback')}</p> : null}
          {done.text === '' ? (
            <p className="text-muted text-sm">{t('empty_answer')}</p>
          ) : (
            <Text text={done.text} writing={false} />
          )}
          {done.handoff ? <Alert tone="warn">{t(`handoff_${done.handoff}`)}</Alert> : null}
        </>
      ) : null}
    </div>
  )
}

function Text({ text, writing }: { text: string; writing: boolean }) {
  const { t } = useTranslation('playground')
  return (
    <div className="min-w-0 rounded-lg bg-bot-soft px-3 py-2" aria-busy={writing || undefined}>
      <p className="message-text" dir="auto">
        {text}
        {writing ? (
          <span
            aria-hidden="true"
            className="ml-0.5 inline-block h-4 w-2 animate-pulse bg-bot align-middle"
          />
        ) : null}
      </p>
      {writing ? <p className="sr-only">{t('writing')}</p> : null}
    </div>
  )
}
