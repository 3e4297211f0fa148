/** What the charts share: data shape, size, marks that differ in more than colour, axes, legend, read-out. */
import { scaleLinear } from 'd3-scale'
import { type PointerEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { cn } from '@/lib/cn'
import { useFormat } from '@/lib/format'
import { graphemes } from '@/lib/text'

export type Series = {
  id: string
  /** Translated. */
  label: string
  /** One per label; null is a gap. */
  values: readonly (number | null)[]
  /** Colour and pattern, 1 to 5; by position when absent. */
  tone?: 1 | 2 | 3 | 4 | 5
}

export type ChartProps = {
  /** Along the bottom: formatted days. */
  labels: readonly string[]
  /** At most five. */
  series: readonly Series[]
  /** Translated sentence that says what the picture shows; spoken instead of it. */
  summary: string
  /** Default: `format.number`. */
  formatValue?: (value: number) => string
  /** Pixels; default 240. */
  height?: number
  className?: string
}

export const toneOf = (series: Series, at: number): number => series.tone ?? (at % 5) + 1
export const colourOf = (tone: number): string => `var(--chart-${tone})`
export const dashOf = (tone: number): string | undefined =>
  [undefined, '7 4', '2 4', '9 3 2 3', '4 2'][tone - 1]

/** About how wide a 12 px text is, without measuring it. Bangla conjuncts are wider than single letters. */
export function roomFor(text: string): number {
  return Math.max(graphemes(text).length * 9, text.length * 7.5)
}

/** The width of the place a chart has. 600 until it is measured. */
export function useWidth() {
  const ref = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(600)
  useEffect(() => {
    const box = ref.current
    if (!box || typeof ResizeObserver === 'undefined') return
    const observer = new ResizeObserver(([entry]) => {
      const next = Math.floor(entry?.contentRect.width ?? 0)
      if (next > 0) setWidth(next)
    })
    observer.observe(box)
    return () => observer.disconnect()
  }, [])
  return [ref, width] as const
}

/** Fills for tones 1 to 5: plain, stripes, dots, lines, checks. Ids are `${id}-1` to `${id}-5`. */
export function Patterns({ id }: { id: string }) {
  const lines = ['', 'M-2 2l4-4M0 8l8-8M6 10l4-4', '', 'M0 2h8M0 6h8', 'M0 0l8 8M8 0l-8 8']
  return (
    <defs>
      {lines.map((path, at) => (
        <pattern
          key={path || `plain-${at + 1}`}
          id={`${id}-${at + 1}`}
          width="8"
          height="8"
          patternUnits="userSpaceOnUse"
        >
          <rect width="8" height="8" fill={colourOf(at + 1)} />
          {path ? <path d={path} stroke="var(--bg)" strokeWidth="1.5" fill="none" opacity="0.6" /> : null}
          {at === 2 ? (
            <g fill="var(--bg)" opacity="0.7">
              <circle cx="2" cy="2" r="1.3" />
              <circle cx="6" cy="6" r="1.3" />
            </g>
          ) : null}
        </pattern>
      ))}
    </defs>
  )
}

/** Names beside their marks. */
export function Legend({
  series,
  line,
  patternId,
}: {
  series: readonly Series[]
  line?: boolean
  patternId?: string
}) {
  if (series.length < 2) return null
  return (
    <ul className="mb-2 flex flex-wrap gap-x-4 gap-y-1 text-sm">
      {series.map((one, at) => {
        const tone = toneOf(one, at)
        return (
          <li key={one.id} className="flex items-center gap-2">
            <svg aria-hidden="true" width="20" height="12" className="shrink-0">
              {line ? (
                <line
                  x1="0"
                  x2="20"
                  y1="6"
                  y2="6"
                  stroke={colourOf(tone)}
                  strokeWidth="3"
                  strokeDasharray={dashOf(tone)}
                />
              ) : (
                <rect width="20" height="12" rx="2" fill={`url(#${patternId}-${tone})`} />
              )}
            </svg>
            {one.label}
          </li>
        )
      })}
    </ul>
  )
}

const margin = { top: 8, right: 8, bottom: 26 }

export type Plot = {
  left: number
  right: number
  top: number
  bottom: number
  /** Pixels of a value. */
  y: (value: number) => number
  /** Middle of a place along the bottom. */
  x: (at: number) => number
  /** Width of a place. */
  step: number
}

/** Axes, pointer read-out and the accessible frame; `draw` puts the marks in. */
export function Frame({
  labels,
  series,
  summary,
  formatValue,
  height = 240,
  className,
  max,
  legend,
  total,
  draw,
}: ChartProps & {
  max: number
  legend: ReactNode
  /** Adds a sum to the read-out. */
  total?: string
  draw: (plot: Plot) => ReactNode
}) {
  const format = useFormat()
  const show = formatValue ?? ((value: number) => format.number(value))
  const [box, width] = useWidth()
  const [hover, setHover] = useState<number | null>(null)

  const scale = scaleLinear()
    .domain([0, max > 0 ? max : 1])
    .nice(4)
  const whole = series.every((one) => one.values.every((value) => value === null || Number.isInteger(value)))
  const ticks = scale.ticks(4).filter((tick) => !whole || Number.isInteger(tick))
  const tickTexts = ticks.map(show)
  const left = 10 + 8 * Math.max(1, ...tickTexts.map((text) => text.length))
  const plot: Plot = {
    left,
    right: Math.max(left + 1, width - margin.right),
    top: margin.top,
    bottom: height - margin.bottom,
    y: (value) => scale.copy().range([height - margin.bottom, margin.top])(value),
    x: (at) => left + plot.step * (at + 0.5),
    step: Math.max(1, width - margin.right - left) / Math.max(1, labels.length),
  }
  const longest = Math.max(8, ...labels.map(roomFor))
  const every = Math.max(1, Math.ceil((longest + 8) / plot.step))

  const move = (event: PointerEvent<SVGSVGElement>) => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left
    const at = Math.floor((x - plot.left) / plot.step)
    setHover(at >= 0 && at < labels.length ? at : null)
  }
  const sum = hover === null ? 0 : series.reduce((all, one) => all + (one.values[hover] ?? 0), 0)

  return (
    <div className={cn('min-w-0', className)}>
      {legend}
      <div ref={box} className="relative min-w-0">
        <svg
          role="img"
          aria-label={summary}
          width={width}
          height={height}
          viewBox={`0 0 ${width} ${height}`}
          className="block max-w-full touch-pan-y text-xs"
          onPointerMove={move}
          onPointerDown={move}
          onPointerLeave={() => setHover(null)}
        >
          {ticks.map((tick, at) => (
            <g key={tick}>
              <line x1={plot.left} x2={plot.right} y1={plot.y(tick)} y2={plot.y(tick)} stroke="var(--line)" />
              <text x={plot.left - 6} y={plot.y(tick)} dy="0.35em" textAnchor="end" fill="var(--muted)">
                {tickTexts[at]}
              </text>
            </g>
          ))}
          {labels.map((label, at) =>
            at % every === 0 ? (
              <text
                // Two days of different years may share a label.
                // biome-ignore lint/suspicious/noArrayIndexKey: the place is the identity
                key={at}
                x={plot.x(at)}
                y={height - 8}
                textAnchor={at === 0 && plot.step < longest ? 'start' : 'middle'}
                fill="var(--muted)"
              >
                {label}
              </text>
            ) : null,
          )}
          {hover === null ? null : (
            <rect
              x={plot.x(hover) - plot.step / 2}
              y={plot.top}
              width={plot.step}
              height={plot.bottom - plot.top}
              fill="var(--fg)"
              opacity="0.07"
            />
          )}
          {draw(plot)}
        </svg>
        {hover === null ? null : (
          <div
            aria-hidden="true"
            className="pointer-events-none absolute top-0 z-10 max-w-[60%] rounded-md border border-line bg-raised px-3 py-2 text-sm shadow-float"
            style={
              plot.x(hover) > width / 2 ? { right: width - plot.x(hover) + 10 } : { left: plot.x(hover) + 10 }
            }
          >
            <p className="font-semibold">{labels[hover]}</p>
            {series.map((one) => {
              const value = one.values[hover]
              return (
                <p key={one.id}>
                  {one.label}: {value === null || value === undefined ? '–' : show(value)}
                </p>
              )
            })}
            {total ? (
              <p>
                {total}: {show(sum)}
              </p>
            ) : null}
          </div>
        )}
      </div>
    </div>
  )
}
