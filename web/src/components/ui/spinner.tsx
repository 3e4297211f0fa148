import { LoaderCircle } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { cn } from '@/lib/cn'

/** A turning circle. With `label` (or `announce`) it is spoken; alone it is decoration beside a text. */
export function Spinner({
  label,
  announce,
  className,
}: {
  label?: string
  announce?: boolean
  className?: string
}) {
  const { t } = useTranslation('ui')
  const icon = <LoaderCircle aria-hidden="true" className={cn('size-4 shrink-0 animate-spin', className)} />
  if (!label && !announce) return icon
  return (
    <span role="status" className="inline-flex items-center gap-2">
      {icon}
      <span className="sr-only">{label ?? t('loading')}</span>
    </span>
  )
}
