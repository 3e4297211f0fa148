import { ArrowDown, ArrowUp, ArrowUpDown } from 'lucide-react'
import type { Key, ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { cn } from '@/lib/cn'
import { EmptyState } from './empty-state'
import { Skeleton, SkeletonGroup } from './skeleton'
import { useMediaQuery } from './use-media-query'

export type Column<Row> = {
  key: string
  /** Translated text. */
  header: string
  cell: (row: Row) => ReactNode
  /** Numbers go to the end. */
  align?: 'start' | 'end'
  /** The row's name: heading of the row, title of its card. One column. */
  primary?: boolean
  /** Header for screen readers only (a column of buttons); on cards it stands alone at the bottom. */
  hideHeader?: boolean
  sortable?: boolean
  className?: string
}
type Sort = { key: string; direction: 'asc' | 'desc' }

export type DataTableProps<Row> = {
  /** Translated name of the table. */
  caption: string
  showCaption?: boolean
  columns: readonly Column<Row>[]
  rows: readonly Row[] | undefined
  rowKey: (row: Row) => Key
  loading?: boolean
  /** Shown without rows; a plain "nothing here yet" otherwise. */
  empty?: ReactNode
  sort?: Sort
  onSortChange?: (sort: Sort) => void
  /** Below 640 px rows become cards; true keeps the table (it then scrolls within itself). */
  keepTable?: boolean
  className?: string
}

/** Rows and columns; cards on phones. Sorting is the caller's. */
export function DataTable<Row>({
  caption,
  showCaption,
  columns,
  rows,
  rowKey,
  loading,
  empty,
  sort,
  onSortChange,
  keepTable,
  className,
}: DataTableProps<Row>) {
  const { t } = useTranslation('ui')
  const narrow = useMediaQuery('(max-width: 639px)') && !keepTable
  if (loading && !rows?.length) {
    return (
      <SkeletonGroup className={cn('grid gap-3 py-2', className)}>
        {[0, 1, 2, 3, 4].map((at) => (
          <Skeleton key={at} className="h-9 w-full" />
        ))}
      </SkeletonGroup>
    )
  }
  if (!rows?.length) return <>{empty ?? <EmptyState title={t('noData')} level={3} className={className} />}</>
  if (narrow) {
    const primary = columns.find((column) => column.primary)
    return (
      <ul aria-label={caption} className={cn('grid', className)}>
        {rows.map((row) => (
          <li key={rowKey(row)} className="min-w-0 border-b px-4 py-3 last:border-b-0">
            {primary ? (
              <div className="mb-1 min-w-0 break-words font-semibold">{primary.cell(row)}</div>
            ) : null}
            <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
              {columns
                .filter((column) => column !== primary && !column.hideHeader)
                .map((column) => (
                  <div key={column.key} className="contents">
                    <dt className="text-muted">{column.header}</dt>
                    <dd className="min-w-0 break-words text-right">{column.cell(row)}</dd>
                  </div>
                ))}
            </dl>
            {columns
              .filter((column) => column.hideHeader && column !== primary)
              .map((column) => (
                <div key={column.key} className="mt-2 flex flex-wrap justify-end gap-2">
                  {column.cell(row)}
                </div>
              ))}
          </li>
        ))}
      </ul>
    )
  }
  return (
    // Focusable, so that a table wider than its place can be scrolled by keyboard.
    <section aria-label={caption} tabIndex={0} className={cn('relative min-w-0 overflow-x-auto', className)}>
      <table className="w-full border-collapse text-left text-sm">
        <caption className={showCaption ? 'pb-2 text-left font-semibold' : 'sr-only'}>{caption}</caption>
        <thead>
          <tr className="border-b">
            {columns.map((column) => (
              <Header key={column.key} column={column} sort={sort} onSortChange={onSortChange} />
            ))}
          </tr>
        </thead>
        <tbody aria-busy={loading || undefined}>
          {rows.map((row) => (
            <tr key={rowKey(row)} className="border-b last:border-b-0">
              {columns.map((column) => {
                const look = cn(
                  'px-3 py-2 align-middle',
                  column.align === 'end' && 'text-right',
                  column.className,
                )
                return column.primary ? (
                  <th key={column.key} scope="row" className={look}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.key} className={look}>
                    {column.cell(row)}
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Header<Row>({
  column,
  sort,
  onSortChange,
}: {
  column: Column<Row>
  sort: Sort | undefined
  onSortChange: ((sort: Sort) => void) | undefined
}) {
  const sorted = sort?.key === column.key ? sort.direction : undefined
  const look = cn('px-3 py-2 text-muted', column.align === 'end' && 'text-right', column.className)
  if (!column.sortable || !onSortChange) {
    return (
      <th scope="col" className={look}>
        <span className={column.hideHeader ? 'sr-only' : undefined}>{column.header}</span>
      </th>
    )
  }
  const Icon = sorted === 'asc' ? ArrowUp : sorted === 'desc' ? ArrowDown : ArrowUpDown
  return (
    <th
      scope="col"
      aria-sort={sorted === 'asc' ? 'ascending' : sorted === 'desc' ? 'descending' : 'none'}
      className={look}
    >
      <button
        type="button"
        className="tap inline-flex items-center gap-1 rounded-md font-semibold hover:text-fg"
        onClick={() => onSortChange({ key: column.key, direction: sorted === 'desc' ? 'asc' : 'desc' })}
      >
        {column.header}
        <Icon aria-hidden="true" className="size-4" />
      </button>
    </th>
  )
}
