import type { ReactNode } from 'react'
import { cn } from '@/lib/cn'

export type PageHeaderProps = {
  title: ReactNode
  description?: ReactNode
  /** A link back, above the title. */
  back?: ReactNode
  /** Badges beside the title. */
  badge?: ReactNode
  /** Buttons at the end. */
  actions?: ReactNode
  className?: string
}

/** The page's only h1 with its actions. */
export function PageHeader({ title, description, back, badge, actions, className }: PageHeaderProps) {
  return (
    <header className={cn('mb-4 flex flex-wrap items-end justify-between gap-x-4 gap-y-3', className)}>
      <div className="min-w-0">
        {back ? <div className="mb-1 text-sm">{back}</div> : null}
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <h1 className="min-w-0 break-words text-xl sm:text-2xl">{title}</h1>
          {badge}
        </div>
        {description ? <p className="mt-1 max-w-prose text-muted text-sm">{description}</p> : null}
      </div>
      {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
    </header>
  )
}
