import { ChartColumn, Download, Table2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Card } from '@/components/ui/card'
import { DataTable } from '@/components/ui/data-table'
import { EmptyState } from '@/components/ui/empty-state'
import { IconButton } from '@/components/ui/icon-button'
import { Segmented } from '@/components/ui/segmented'
import { Skeleton, SkeletonGroup } from '@/components/ui/skeleton'
import { useFormat } from '@/lib/format'
import type { Series } from './chart-parts'
import { type Cell, downloadCsv } from './csv'

export type ChartTable = {
  /** Translated headers; the first column names the row. */
  columns: readonly string[]
  /** Raw values: numbers are formatted on screen and stay plain in the CSV. */
  rows: readonly (readonly Cell[])[]
  /** How a number is shown; default `format.number`. */
  formatCell?: (value: number, column: number) => string
}

export type ChartCardProps = {
  /** Translated. */
  title: string
  description?: ReactNode
  table: ChartTable
  /** CSV file's name without the ending, in Latin letters: "messages-2026-11". */
  filename: string
  /** First load: a skeleton of the chart's size. */
  loading?: boolean
  /** Instead of the content: an <ErrorState level={3} …/>. */
  error?: ReactNode
  /** There is nothing to draw: shows `empty`, or a plain sentence. */
  isEmpty?: boolean
  empty?: ReactNode
  /** More controls beside the title. */
  actions?: ReactNode
  level?: 2 | 3
  /** Pixels reserved while loading; the chart's own height. */
  height?: number
  className?: string
  /** The chart. */
  children: ReactNode
}

/** Frame of a chart: the same numbers as a table and as a CSV file, and its empty, loading and error states. */
export function ChartCard({
  title,
  description,
  table,
  filename,
  loading,
  error,
  isEmpty,
  empty,
  actions,
  level = 2,
  height = 240,
  className,
  children,
}: ChartCardProps) {
  const { t } = useTranslation('ui')
  const format = useFormat()
  const [view, setView] = useState<'chart' | 'table'>('chart')
  const filled = !loading && !error && !isEmpty
  const cell = (value: Cell, column: number): string => {
    if (typeof value !== 'number') return value ?? '–'
    return table.formatCell ? table.formatCell(value, column) : format.number(value)
  }
  return (
    <Card
      title={title}
      description={description}
      level={level}
      className={className}
      actions={
        <>
          {actions}
          {filled ? (
            <>
              <Segmented
                label={t('viewAs')}
                compact
                value={view}
                onValueChange={setView}
                options={[
                  { value: 'chart', label: t('chart'), icon: <ChartColumn aria-hidden="true" /> },
                  { value: 'table', label: t('table'), icon: <Table2 aria-hidden="true" /> },
                ]}
              />
              <IconButton
                label={t('downloadCsv')}
                onClick={() => downloadCsv(filename, table.columns, table.rows)}
              >
                <Download aria-hidden="true" />
              </IconButton>
            </>
          ) : null}
        </>
      }
    >
      {error ??
        (loading ? (
          <SkeletonGroup>
            <div style={{ height }} className="flex">
              <Skeleton className="h-full w-full" />
            </div>
          </SkeletonGroup>
        ) : isEmpty ? (
          (empty ?? <EmptyState icon={<ChartColumn />} title={t('emptyChart')} level={level === 2 ? 3 : 4} />)
        ) : view === 'chart' ? (
          children
        ) : (
          <div className="max-h-96 overflow-y-auto">
            <DataTable
              caption={title}
              keepTable
              columns={table.columns.map((header, column) => ({
                key: `${column}`,
                header,
                primary: column === 0,
                align: column === 0 ? 'start' : 'end',
                cell: (row: { cells: readonly Cell[] }) => cell(row.cells[column], column),
              }))}
              rows={table.rows.map((cells, at) => ({ cells, at }))}
              rowKey={(row) => row.at}
            />
          </div>
        ))}
    </Card>
  )
}

/** The table of a chart's own data. */
export function tableOf(heading: string, labels: readonly string[], series: readonly Series[]): ChartTable {
  return {
    columns: [heading, ...series.map((one) => one.label)],
    rows: labels.map((label, at) => [label, ...series.map((one) => one.values[at] ?? null)]),
  }
}
