import type { ComponentProps, ReactNode } from 'react'
import { cn } from '@/lib/cn'
import { controlStyle, useFieldControl } from './field'

export type InputProps = ComponentProps<'input'> & {
  /** Decoration inside, before the text. */
  icon?: ReactNode
}

/** Text input; inside a Field it needs no id. 16 px on phones, so that iOS does not zoom. */
export function Input({ className, icon, ...rest }: InputProps) {
  const wiring = useFieldControl(rest)
  const input = (
    <input
      {...rest}
      {...wiring}
      className={cn(controlStyle, 'read-only:bg-panel', icon ? 'pl-9' : null, className)}
    />
  )
  if (!icon) return input
  return (
    <span className="relative block min-w-0">
      <span
        aria-hidden="true"
        className="pointer-events-none absolute inset-y-0 left-3 flex items-center text-muted [&_svg]:size-4"
      >
        {icon}
      </span>
      {input}
    </span>
  )
}
