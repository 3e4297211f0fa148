import { type ReactNode, useId } from 'react'
import { cn } from '@/lib/cn'

type SegmentedOption<V extends string = string> = { value: V; label: string; icon?: ReactNode }
export type SegmentedProps<V extends string = string> = {
  /** Translated name of the choice, spoken only. */
  label: string
  options: readonly SegmentedOption<V>[]
  value: V
  onValueChange: (value: V) => void
  /** Icons only; the labels are spoken. */
  compact?: boolean
  className?: string
}

/** Two to four choices in one row (chart / table, light / dark / system). */
export function Segmented<V extends string>({
  label,
  options,
  value,
  onValueChange,
  compact,
  className,
}: SegmentedProps<V>) {
  const name = useId()
  return (
    <div
      role="radiogroup"
      aria-label={label}
      className={cn(
        'inline-flex w-fit max-w-full flex-wrap gap-1 self-start rounded-md bg-panel p-1',
        className,
      )}
    >
      {options.map((option) => (
        <label
          key={option.value}
          title={compact ? option.label : undefined}
          className="tap-square relative inline-flex items-center justify-center gap-2 rounded-md border border-transparent px-3 text-muted text-sm hover:text-fg has-checked:border-line-strong has-checked:bg-raised has-checked:font-semibold has-checked:text-fg has-focus-visible:outline-2 has-focus-visible:outline-focus has-focus-visible:outline-offset-2 [&_svg]:size-4"
        >
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={value === option.value}
            onChange={() => onValueChange(option.value)}
            className="absolute inset-0 size-full cursor-pointer opacity-0"
          />
          {option.icon}
          <span className={compact ? 'sr-only' : undefined}>{option.label}</span>
        </label>
      ))}
    </div>
  )
}
