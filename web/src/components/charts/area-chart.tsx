import { area, curveMonotoneX, line } from 'd3-shape'
import { type ChartProps, colourOf, dashOf, Frame, Legend, toneOf } from './chart-parts'

/** Lines over time, the ground below them tinted; series differ in dashes as well as in colour. */
export function AreaChart(props: ChartProps) {
  const { series } = props
  const max = Math.max(0, ...series.flatMap((one) => one.values.map((value) => value ?? 0)))
  return (
    <Frame
      {...props}
      max={max}
      legend={<Legend series={series} line />}
      draw={(plot) =>
        series.map((one, at) => {
          const tone = toneOf(one, at)
          const shape = area<number | null>()
            .defined((value) => value !== null)
            .x((_, place) => plot.x(place))
            .y0(plot.bottom)
            .y1((value) => plot.y(value ?? 0))
            .curve(curveMonotoneX)
          const edge = line<number | null>()
            .defined((value) => value !== null)
            .x((_, place) => plot.x(place))
            .y((value) => plot.y(value ?? 0))
            .curve(curveMonotoneX)
          return (
            <g key={one.id}>
              <path d={shape(one.values) ?? undefined} fill={colourOf(tone)} opacity="0.14" />
              <path
                d={edge(one.values) ?? undefined}
                fill="none"
                stroke={colourOf(tone)}
                strokeWidth="2"
                strokeDasharray={dashOf(tone)}
                strokeLinejoin="round"
              />
              {one.values.map((value, place) => {
                // A day between two gaps has no line: a point shows it. So do few days.
                const alone = one.values[place - 1] == null && one.values[place + 1] == null
                if (value === null || !(alone || one.values.length <= 14)) return null
                return (
                  // biome-ignore lint/suspicious/noArrayIndexKey: the place is the identity
                  <circle key={place} cx={plot.x(place)} cy={plot.y(value)} r="3" fill={colourOf(tone)} />
                )
              })}
            </g>
          )
        })
      }
    />
  )
}
