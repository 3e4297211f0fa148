import { useTranslation } from 'react-i18next'
import { toApiError } from '@/api/client'
import { useFormat } from './format'

/** What went wrong, in the user's words; the server's English is never shown. */
export function useErrorText(): (error: unknown) => string {
  const { t } = useTranslation('errors')
  const format = useFormat()
  return (error) => {
    const { code, retryAfter } = toApiError(error)
    if (code === 'rate_limited' && retryAfter !== null)
      return t('rate_limited_wait', { time: format.duration(retryAfter) })
    return t(code as 'unexpected', { defaultValue: t('unexpected') })
  }
}

/** What is wrong with one field: `code` as the server or a schema names it ("length", "email"). */
export function useFieldText(): (code: string | undefined) => string | undefined {
  const { t } = useTranslation('errors')
  return (code) => {
    if (!code) return undefined
    return t(`field_${code}` as 'field_invalid', { defaultValue: t('field_invalid') })
  }
}

/** Why a model did not answer and what to do, by the code that the server gives. */
export function useModelErrorText(): (code: string | null | undefined) => string {
  const { t } = useTranslation('errors')
  return (code) => t(`model_${code}` as 'model_failed', { defaultValue: t('model_failed') })
}
