import { cva, type VariantProps } from 'class-variance-authority'
import type { ReactNode } from 'react'

const style = cva(
  'inline-flex max-w-full items-center gap-1 rounded-full px-2 py-px text-sm [&_svg]:size-3.5 [&_svg]:shrink-0',
  {
    variants: {
      tone: {
        neutral: 'bg-hover text-fg',
        brand: 'bg-brand-soft text-brand',
        ok: 'bg-ok-soft text-ok',
        warn: 'bg-warn-soft text-warn',
        danger: 'bg-danger-soft text-danger',
        info: 'bg-info-soft text-info',
        bot: 'bg-bot-soft text-bot',
        note: 'bg-note-soft text-note',
      },
    },
    defaultVariants: { tone: 'neutral' },
  },
)

export type Tone = NonNullable<VariantProps<typeof style>['tone']>
export type BadgeProps = {
  tone?: Tone
  icon?: ReactNode
  /** Words: the colour alone says nothing. */
  children: ReactNode
  className?: string
  title?: string
}

/** A small state in words. */
export function Badge({ tone, icon, children, className, title }: BadgeProps) {
  return (
    <span className={style({ tone, className })} title={title}>
      {icon ? (
        <span aria-hidden="true" className="contents">
          {icon}
        </span>
      ) : null}
      <span className="truncate">{children}</span>
    </span>
  )
}
