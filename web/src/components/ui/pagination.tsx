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
