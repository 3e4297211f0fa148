import { useTranslation } from 'react-i18next'

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const CONTEXTS = ['referral', 'story', 'product', 'comment'] as const

/** Where the customer came from, in one line. */
export function MessageContext({ value }: { value: unknown }) {
  const { t } = useTranslation('inbox')
  if (!isRecord(value)) return null
  const found = CONTEXTS.filter((one) => value[one])
  if (found.length === 0) return null
  return <p className="text-muted text-sm">{found.map((one) => t(`context.${one}`)).join(' · ')}</p>
}
