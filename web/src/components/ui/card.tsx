import type { ComponentProps, ReactNode } from 'react'
import { cn } from '@/lib/cn'

export type CardProps = Omit<ComponentProps<'section'>, 'title'> & {
  title?: ReactNode
  description?: ReactNode
  /** Buttons at the title's end. */
  actions?: ReactNode
  /** Level of the title's heading. */
  level?: 2 | 3 | 4
  /** No padding around the content (tables, lists). */
  flush?: boolean
}

/** A framed part of a page. */
export function Card({
  title,
  description,
  actions,
  level = 2,
  flush,
  className,
  children,
  ...rest
}: CardProps) {
  const Heading = `h${level}` as const
  return (
    <section {...rest} className={cn('min-w-0 rounded-lg border border-line bg-raised', className)}>
      {title || actions ? (
        <header className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-4 pt-4">
          <div className="min-w-0">
            {title ? <Heading className="text-base">{title}</Heading> : null}
            {description ? <p className="text-muted text-sm">{description}</p> : null}
          </div>
          {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
        </header>
      ) : null}
      <div className={flush ? 'mt-2' : 'p-4'}>{children}</div>
    </section>
  )
}
