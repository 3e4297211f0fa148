import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { cn } from '@/lib/cn'

const looks = {
  info: { icon: Info, ground: 'border-info bg-info-soft', ink: 'text-info' },
  ok: { icon: CircleCheck, ground: 'border-ok bg-ok-soft', ink: 'text-ok' },
  warn: { icon: TriangleAlert, ground: 'border-warn bg-warn-soft', ink: 'text-warn' },
  danger: { icon: CircleAlert, ground: 'border-danger bg-danger-soft', ink: 'text-danger' },
}

export type AlertProps = {
  tone?: keyof typeof looks
  title?: ReactNode
  children?: ReactNode
  /** Buttons or links below the text. */
  action?: ReactNode
  /** Spoken when it appears: "assertive" for failed submits, "polite" for news; none for what was there before. */
  live?: 'assertive' | 'polite'
  className?: string
}

/** A framed message with its icon, in the place it is about. */
export function Alert({ tone = 'info', title, children, action, live, className }: AlertProps) {
  const { icon: Icon, ground, ink } = looks[tone]
  return (
    <div
      role={live === 'assertive' ? 'alert' : live === 'polite' ? 'status' : undefined}
      className={cn(
        'flex min-w-0 items-start gap-3 rounded-md border p-3 text-fg text-sm',
        ground,
        className,
      )}
    >
      <Icon aria-hidden="true" className={cn('mt-0.5 size-5 shrink-0', ink)} />
      <div className="min-w-0 flex-1">
        {title ? <p className="font-semibold">{title}</p> : null}
        {children ? <div>{children}</div> : null}
        {action ? <div className="mt-2 flex flex-wrap gap-2">{action}</div> : null}
      </div>
    </div>
  )
}
