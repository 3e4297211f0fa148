import type { ReactNode } from 'react'
import { cn } from '@/lib/cn'

export type EmptyStateProps = {
  icon?: ReactNode
  title: ReactNode
  text?: ReactNode
  /** What to do about it: one button or link. */
  action?: ReactNode
  /** Level of the title's heading. */
  level?: 2 | 3 | 4
  className?: string
}

/** Nothing here yet, and what to do about it. */
export function EmptyState({ icon, title, text, action, level = 2, className }: EmptyStateProps) {
  const Heading = `h${level}` as const
  return (
    <div
      className={cn('mx-auto flex max-w-md flex-col items-center gap-2 px-4 py-10 text-center', className)}
    >
      {icon ? (
        <span aria-hidden="true" className="text-muted [&_svg]:size-10">
          {icon}
        </span>
      ) : null}
      <Heading className="text-base">{title}</Heading>
      {text ? <p className="text-muted text-sm">{text}</p> : null}
      {action ? <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div> : null}
    </div>
  )
}
