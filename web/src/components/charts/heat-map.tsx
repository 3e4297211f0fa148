import { scaleQuantize } from 'd3-scale'
import { useTranslation } from 'react-i18next'
import { cn } from '@/lib/cn'
import { useFormat } from '@/lib/format'
import { roomFor, useWidth } from './chart-parts'

const levels = [0, 1, 2, 3, 4] as const

export type HeatMapProps = {
  /** Down the side: weekdays. */
  rows: readonly string[]
  /** Along the bottom: hours. */
  columns: readonly string[]
  /** values[row][column] */
  values: readonly (readonly (number | null)[])[]
  /** Translated sentence, spoken instead of the picture. */
  summary: string
  formatValue?: (value: number) => string
  className?: string
}

/** When it is busy: five steps of colour; the marks also grow with the value, and wide cells show the number. */
export function HeatMap({ rows, columns, values, summary, formatValue, className }: HeatMapProps) {
  const { t } = useTranslation('ui')
  const format = useFormat()
  const show = formatValue ?? ((value: number) => format.number(value))
  const [box, width] = useWidth()
  const max = Math.max(0, ...values.flatMap((row) => row.map((value) => value ?? 0)))
  const level = scaleQuantize<number>()
    .domain([0, max || 1])
    .range([1, 2, 3, 4])
  const levelOf = (value: number | null | undefined) => (value ? level(value) : 0)

  const left = 12 + Math.max(8, ...rows.map(roomFor))
  const cell = Math.max(1, (width - left) / Math.max(1, columns.length))
  const row = Math.max(22, Math.min(36, cell))
  const height = rows.length * row + 24
  const longest = Math.max(8, ...columns.map(roomFor))
  const every = Math.max(1, Math.ceil((longest + 8) / cell))
  const fits = cell >= 12 + 8 * show(max).length

  return (
    <div className={cn('min-w-0', className)}>
      <div ref={box} className="min-w-0">
        <svg
          role="img"
          aria-label={summary}
          width={width}
          height={height}
          viewBox={`0 0 ${width} ${height}`}
          className="block max-w-full text-xs"
        >
          {rows.map((name, y) => (
            <g key={name}>
              <text x={left - 8} y={y * row + row / 2} dy="0.35em" textAnchor="end" fill="var(--muted)">
                {name}
              </text>
              {columns.map((column, x) => {
                const value = values[y]?.[x]
                const step = levelOf(value)
                const share = fits ? 1 : 0.45 + (0.55 * step) / 4
                const [w, h] = [Math.max(1, cell - 2) * share, (row - 2) * share]
                const [cx, cy] = [left + cell * (x + 0.5), row * (y + 0.5)]
                return (
                  <g key={column}>
                    <title>{`${name}, ${column}: ${value === null || value === undefined ? t('noValue') : show(value)}`}</title>
                    <rect
                      x={cx - w / 2}
                      y={cy - h / 2}
                      width={w}
                      height={h}
                      rx="2"
                      fill={`var(--heat-${step})`}
                    />
                    {fits && value ? (
                      <text
                        x={cx}
                        y={cy}
                        dy="0.35em"
                        textAnchor="middle"
                        fill={step >= 3 ? 'var(--heat-strong-fg)' : 'var(--heat-fg)'}
                      >
                        {show(value)}
                      </text>
                    ) : null}
                  </g>
                )
              })}
            </g>
          ))}
          {columns.map((column, x) =>
            x % every === 0 ? (
              <text
                key={column}
                x={left + cell * (x + 0.5)}
                y={height - 6}
                textAnchor="middle"
                fill="var(--muted)"
              >
                {column}
              </text>
            ) : null,
          )}
        </svg>
      </div>
      <p className="mt-2 flex items-center justify-end gap-1.5 text-muted text-sm">
        {t('heatLess')}
        <svg aria-hidden="true" width="90" height="16">
          {levels.map((step) => (
            <rect key={step} x={step * 18} width="16" height="16" rx="2" fill={`var(--heat-${step})`} />
          ))}
        </svg>
        {t('heatMore')}
      </p>
    </div>
  )
}
