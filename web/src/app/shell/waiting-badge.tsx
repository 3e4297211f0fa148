import { useTranslation } from 'react-i18next'
import { cn } from '@/lib/cn'
import { useFormat } from '@/lib/format'

/** How many conversations wait for a person; spoken in words. */
export function WaitingBadge({ waiting, className }: { waiting: number; className?: string }) {
  const { t } = useTranslation('shell')
  const format = useFormat()
  if (waiting === 0) return null
  const shown = waiting > 99 ? `${format.number(99)}+` : format.number(waiting)
  return (
    <span className={cn('rounded-full bg-danger px-1.5 text-danger-fg text-xs', className)}>
      <span aria-hidden="true">{shown}</span>
      <span className="sr-only">{t('waiting', { count: waiting, shown })}</span>
    </span>
  )
}
