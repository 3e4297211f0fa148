import { ChevronLeft, ChevronRight } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Button } from './button'

export type LoadMoreProps = {
  /** `hasNextPage`; without it nothing is drawn. */
  hasMore: boolean
  /** `isFetchingNextPage` */
  loading?: boolean
  onLoadMore: () => void
  label?: string
}

/** The button below a list that goes on (cursor pages). */
export function LoadMore({ hasMore, loading, onLoadMore, label }: LoadMoreProps) {
  const { t } = useTranslation('ui')
  if (!hasMore) return null
  return (
    <div className="flex justify-center py-3">
      <Button variant="secondary" pending={loading} onClick={onLoadMore}>
        {label ?? t('loadMore')}
      </Button>
    </div>
  )
}

export type PaginationProps = {
  /** Translated name of what is turned over. */
  label: string
  hasPrevious: boolean
  hasNext: boolean
  onPrevious: () => void
  onNext: () => void
  loading?: boolean
}

/** Back and forth through pages. */
export function Pagination({ label, hasPrevious, hasNext, onPrevious, onNext, loading }: PaginationProps) {
  const { t } = useTranslation('ui')
  return (
    <nav aria-label={label} className="flex justify-center gap-2 py-3">
      <Button
        variant="secondary"
        disabled={!hasPrevious}
        onClick={onPrevious}
        icon={<ChevronLeft aria-hidden="true" className="size-4" />}
      >
        {t('previous')}
      </Button>
      <Button variant="secondary" disabled={!hasNext} pending={loading} onClick={onNext}>
        {t('next')}
        <ChevronRight aria-hidden="true" className="size-4" />
      </Button>
    </nav>
  )
}
