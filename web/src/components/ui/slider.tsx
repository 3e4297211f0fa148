import type { ComponentProps, ReactNode } from 'react'
import { cn } from '@/lib/cn'
import { useFieldControl } from './field'

export type SliderProps = Omit<ComponentProps<'input'>, 'type' | 'value' | 'onChange'> & {
  value: number
  onValueChange: (value: number) => void
  /** The value in words, shown beside it and spoken. */
  valueText: string
  /** Under its ends: "exact", "free". */
  ends?: [ReactNode, ReactNode]
}

/** A number between two ends. Native range: arrow keys, Home and End for free. Inside a Field it needs no id. */
export function Slider({ value, onValueChange, valueText, ends, className, ...rest }: SliderProps) {
  const wiring = useFieldControl(rest)
  return (
    <span className="block min-w-0">
      <span className="flex min-w-0 items-center gap-3">
        <input
          {...rest}
          {...wiring}
          type="range"
          value={value}
          aria-valuetext={valueText}
          onChange={(event) => onValueChange(event.target.valueAsNumber)}
          className={cn('tap min-w-0 flex-1 cursor-pointer accent-brand disabled:opacity-60', className)}
        />
        <span aria-hidden="true" className="min-w-16 shrink-0 text-right text-sm">
          {valueText}
        </span>
      </span>
      {ends ? (
        <span className="flex justify-between gap-4 text-muted text-sm">
          <span>{ends[0]}</span>
          <span>{ends[1]}</span>
        </span>
      ) : null}
    </span>
  )
}
