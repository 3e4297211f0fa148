import { ChevronDown } from 'lucide-react'
import type { ComponentProps } from 'react'
import { cn } from '@/lib/cn'
import { controlStyle, useFieldControl } from './field'

type SelectOption = { value: string; label: string; disabled?: boolean }
export type SelectProps = ComponentProps<'select'> & {
  /** Or give <option> children. */
  options?: readonly SelectOption[]
  /** First, empty choice. */
  placeholder?: string
}

/** The browser's own select (cheap and right on phones) in our look. Works with `register`. */
export function Select({ className, options, placeholder, children, ...rest }: SelectProps) {
  const wiring = useFieldControl(rest)
  return (
    <span className={cn('relative block min-w-0', className)}>
      <select {...rest} {...wiring} className={cn(controlStyle, 'appearance-none truncate pr-9')}>
        {placeholder === undefined ? null : <option value="">{placeholder}</option>}
        {options?.map((option) => (
          <option key={option.value} value={option.value} disabled={option.disabled}>
            {option.label}
          </option>
        ))}
        {children}
      </select>
      <ChevronDown
        aria-hidden="true"
        className="pointer-events-none absolute top-1/2 right-3 size-4 -translate-y-1/2 text-muted"
      />
    </span>
  )
}
