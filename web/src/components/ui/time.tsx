import { useEffect, useReducer } from 'react'
import { type DateInput, toDate, useFormat } from '@/lib/format'

export type TimeProps = {
  value: DateInput
  /** "when" (default): relative, time, day or date by age; the others are always that. */
  as?: 'when' | 'time' | 'date' | 'dateTime' | 'dayMonth' | 'relative'
  className?: string
}

const tickers = new Set<() => void>()
let clock: ReturnType<typeof setInterval> | undefined

/** One clock for all times on screen. */
function onTick(run: () => void): () => void {
  tickers.add(run)
  clock ??= setInterval(() => {
    for (const ticker of tickers) ticker()
  }, 30_000)
  return () => {
    tickers.delete(run)
    if (tickers.size > 0) return
    clearInterval(clock)
    clock = undefined
  }
}

/** A moment, in Dhaka; the full date is its tooltip. Relative texts keep themselves up to date. */
export function Time({ value, as = 'when', className }: TimeProps) {
  const format = useFormat()
  const [, tick] = useReducer((n: number) => n + 1, 0)
  const moves = as === 'when' || as === 'relative'
  useEffect(() => (moves ? onTick(tick) : undefined), [moves])
  const date = toDate(value)
  if (Number.isNaN(date.getTime())) return <span className={className}>–</span>
  return (
    <time dateTime={date.toISOString()} title={format.dateTime(date)} className={className}>
      {format[as](date)}
    </time>
  )
}
