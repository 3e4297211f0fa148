import { stack } from 'd3-shape'
import { useId } from 'react'
import { type ChartProps, Frame, Legend, Patterns, toneOf } from './chart-parts'

/** Bars of parts that make a whole; the first series lies at the bottom. `total` (translated) adds the sum to the read-out. */
export function StackedBarChart({ total, ...props }: ChartProps & { total?: string }) {
  const { series, labels } = props
  const id = useId()
  const layers = stack<number, string>()
    .keys(series.map((one) => one.id))
    .value((place, key) => Math.max(0, series.find((one) => one.id === key)?.values[place] ?? 0))(
    labels.map((_, place) => place),
  )
  const max = Math.max(0, ...layers.flatMap((layer) => layer.map((part) => part[1])))
  return (
    <Frame
      {...props}
      total={total}
      max={max}
      legend={<Legend series={series} patternId={id} />}
      draw={(plot) => {
        const width = Math.min(plot.step * 0.7, 40)
        return (
          <>
            <Patterns id={id} />
            {series.map((one, at) =>
              layers[at]?.map((part, place) =>
                part[1] > part[0] ? (
                  <rect
                    // biome-ignore lint/suspicious/noArrayIndexKey: the place is the identity
                    key={`${one.id} ${place}`}
                    x={plot.x(place) - width / 2}
                    y={plot.y(part[1])}
                    width={width}
                    height={plot.y(part[0]) - plot.y(part[1])}
                    stroke="var(--bg)"
                    fill={`url(#${id}-${toneOf(one, at)})`}
                  />
                ) : null,
              ),
            )}
          </>
        )
      }}
    />
  )
}
