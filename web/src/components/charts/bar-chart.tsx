import { useId } from 'react'
import { type ChartProps, Frame, Legend, Patterns, toneOf } from './chart-parts'

/** Bars side by side. */
export function BarChart(props: ChartProps) {
  const { series } = props
  const id = useId()
  const max = Math.max(0, ...series.flatMap((one) => one.values.map((value) => value ?? 0)))
  return (
    <Frame
      {...props}
      max={max}
      legend={<Legend series={series} patternId={id} />}
      draw={(plot) => {
        const group = Math.min(plot.step * 0.76, 32 * series.length)
        const width = group / Math.max(1, series.length)
        return (
          <>
            <Patterns id={id} />
            {series.map((one, at) =>
              one.values.map((value, place) =>
                value ? (
                  <rect
                    // biome-ignore lint/suspicious/noArrayIndexKey: the place is the identity
                    key={`${one.id} ${place}`}
                    x={plot.x(place) - group / 2 + width * at}
                    y={plot.y(value)}
                    width={Math.max(1, width - 1)}
                    height={Math.max(0, plot.bottom - plot.y(value))}
                    rx={Math.min(2, width / 2)}
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
