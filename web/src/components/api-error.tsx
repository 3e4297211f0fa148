import type { FieldValues, Path, UseFormSetError } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { toApiError } from '@/api/client'
import { useErrorText } from '@/lib/errors'
import { Alert } from './ui/alert'
import { CopyButton } from './ui/copy-button'
import { ErrorState } from './ui/error-state'

export { useErrorText }

interface QueryErrorProps {
  error: unknown
  onRetry?: () => void
  pending?: boolean
  level?: 2 | 3 | 4
}

/** A query that failed, in the place of what it would have brought. A 403 is told as such, without a retry. */
export function QueryError({ error, onRetry, pending, level }: QueryErrorProps) {
  const { t } = useTranslation('common')
  const text = useErrorText()
  const { status, requestId } = toApiError(error)
  const forbidden = status === 403
  return (
    <ErrorState
      title={forbidden ? t('forbidden_title') : undefined}
      text={forbidden ? t('forbidden_text') : text(error)}
      onRetry={forbidden ? undefined : onRetry}
      pending={pending}
      requestId={requestId}
      level={level}
    />
  )
}

/** Why a form or an action was refused, above its button. Nothing without an error. */
export function ActionError({ error }: { error: unknown }) {
  const text = useErrorText()
  if (!error) return null
  const { requestId } = toApiError(error)
  return (
    <Alert tone="danger" live="assertive" action={requestId ? <RequestId id={requestId} /> : undefined}>
      {text(error)}
    </Alert>
  )
}

function RequestId({ id }: { id: string }) {
  const { t } = useTranslation('common')
  return (
    <span className="flex min-w-0 items-center gap-1 text-muted">
      <span className="min-w-0 break-all">{t('request_id', { id })}</span>
      <CopyButton iconOnly value={id} />
    </span>
  )
}

/**
 * Puts a 422's fields beside their inputs. `names` maps the server's paths to the form's; true when every field found its
 * place, so that nothing is left for an alert above the button.
 */
export function placeFieldErrors<Values extends FieldValues>(
  error: unknown,
  setError: UseFormSetError<Values>,
  names: Partial<Record<string, Path<Values>>>,
  text: (code: string, field: string) => string,
): boolean {
  const { fields } = toApiError(error)
  let placed = 0
  for (const { field, code } of fields) {
    const name = names[field]
    if (!name) continue
    setError(name, { type: 'server', message: text(code, field) }, { shouldFocus: placed === 0 })
    placed += 1
  }
  return placed > 0 && placed === fields.length
}
