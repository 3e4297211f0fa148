import { CircleAlert, RefreshCw } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { cn } from '@/lib/cn'
import { Button } from './button'
import { CopyButton } from './copy-button'

export type ErrorStateProps = {
  /** Translated; general texts when absent. */
  title?: ReactNode
  text?: ReactNode
  onRetry?: () => void
  /** The retry is running. */
  pending?: boolean
  /** `ApiError.requestId`: shown small, with a copy button. */
  requestId?: string | null
  /** Other ways out. */
  action?: ReactNode
  level?: 2 | 3 | 4
  className?: string
}

/** Loading failed: stands where the content would be. */
export function ErrorState({
  title,
  text,
  onRetry,
  pending,
  requestId,
  action,
  level = 2,
  className,
}: ErrorStateProps) {
  const { t } = useTranslation('ui')
  const Heading = `h${level}` as const
  return (
    <div
      role="alert"
      className={cn('mx-auto flex max-w-md flex-col items-center gap-2 px-4 py-10 text-center', className)}
    >
      <CircleAlert aria-hidden="true" className="size-10 text-danger" />
      <Heading className="text-base">{title ?? t('errorTitle')}</Heading>
      <p className="text-muted text-sm">{text ?? t('errorText')}</p>
      <div className="mt-2 flex flex-wrap justify-center gap-2">
        {onRetry ? (
          <Button
            variant="secondary"
            pending={pending}
            onClick={onRetry}
            icon={<RefreshCw aria-hidden="true" className="size-4" />}
          >
            {t('retry')}
          </Button>
        ) : null}
        {action}
      </div>
      {requestId ? (
        <p className="flex max-w-full items-center gap-1 text-muted text-sm">
          <span className="min-w-0 break-all">{t('requestId', { id: requestId })}</span>
          <CopyButton iconOnly value={requestId} label={t('copyRequestId')} />
        </p>
      ) : null}
    </div>
  )
}
