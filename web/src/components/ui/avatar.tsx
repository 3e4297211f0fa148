import type { ReactNode } from 'react'
import { cn } from '@/lib/cn'
import { initials } from '@/lib/text'

const sizes = { sm: 'size-8 text-xs', md: 'size-10 text-sm', lg: 'size-14 text-lg' }
const tones = [
  'bg-brand-soft text-brand',
  'bg-info-soft text-info',
  'bg-bot-soft text-bot',
  'bg-note-soft text-note',
  'bg-hover text-fg',
]

export type AvatarProps = {
  name: string
  size?: keyof typeof sizes
  /** Instead of the initials (robot for the AI). */
  icon?: ReactNode
  /** Small mark in the corner, such as a PlatformIcon. */
  corner?: ReactNode
  className?: string
}

/** Initials in a circle; decoration, because the name stands beside it. Remote pictures are never loaded. */
export function Avatar({ name, size = 'md', icon, corner, className }: AvatarProps) {
  let sum = 0
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973
  return (
    <span aria-hidden="true" className={cn('relative inline-flex shrink-0', className)}>
      <span
        className={cn(
          'inline-flex select-none items-center justify-center rounded-full font-semibold',
          sizes[size],
          tones[sum % tones.length],
        )}
      >
        {icon ?? initials(name)}
      </span>
      {corner ? <span className="absolute -right-1 -bottom-1 rounded-full bg-bg p-px">{corner}</span> : null}
    </span>
  )
}
