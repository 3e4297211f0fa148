import { useTranslation } from 'react-i18next'
import { useFieldText } from '@/lib/errors'
import { useFormat } from '@/lib/format'
import { LIMITS, MAX_FALLBACK, MAX_PROMPT } from './form'

const LENGTHS: Record<string, number> = {
  name: 100,
  system_prompt: MAX_PROMPT,
  fallback_text: MAX_FALLBACK,
  base_url: 500,
  model: 200,
}

/** What is wrong with a field of the form, with the limits that count for it. */
export function useAgentFieldText() {
  const { t } = useTranslation(['agents', 'errors'])
  const format = useFormat()
  const general = useFieldText()
  return (field: string, code: string | undefined): string | undefined => {
    if (!code) return undefined
    const limits = field.endsWith('_price') ? LIMITS.price : LIMITS[field as keyof typeof LIMITS]
    if (code === 'range' && limits)
      return t('error_range', { low: format.number(limits[0]), high: format.number(limits[1]) })
    const most = LENGTHS[field]
    if (code === 'length' && most) return t('error_length', { max: format.number(most) })
    if (field === 'api_key' && (code === 'key_length' || code === 'length')) return t('error_key_length')
    if (field === 'api_key' && (code === 'key_for_another_host' || code === 'required'))
      return t('error_key_for_another_host')
    if (code === 'name_taken') return t('errors:agent_name_taken')
    return general(code)
  }
}
