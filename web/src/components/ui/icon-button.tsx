import { cva, type VariantProps } from 'class-variance-authority'
import type { ComponentProps, MouseEvent, ReactNode } from 'react'
import { Spinner } from './spinner'
import { Tooltip } from './tooltip'

const style = cva(
  'tap-square relative inline-flex shrink-0 items-center justify-center rounded-md border transition-colors duration-100 disabled:opacity-60 aria-disabled:opacity-60 [&_svg]:size-5',
  {
    variants: {
      variant: {
        ghost: 'border-transparent text-fg hover:bg-hover',
        secondary: 'border-line-strong bg-raised text-fg hover:bg-hover',
        primary: 'border-transparent bg-brand text-brand-fg hover:bg-brand-hover',
        danger: 'border-transparent text-danger hover:bg-danger-soft',
      },
    },
    defaultVariants: { variant: 'ghost' },
  },
)

export type IconButtonProps = Omit<ComponentProps<'button'>, 'aria-label' | 'children' | 'className'> &
  VariantProps<typeof style> & {
    /** Translated name: spoken, and shown as the tooltip. */
    label: string
    /** The icon. */
    children: ReactNode
    className?: string
    pending?: boolean
    /** Side of the tooltip; false when the name is visible beside it anyway. */
    tooltip?: 'top' | 'right' | 'bottom' | 'left' | false
  }

/** A square button with an icon and a name. */
export function IconButton({
  label,
  children,
  variant,
  className,
  pending = false,
  tooltip = 'top',
  type = 'button',
  onClick,
  ...rest
}: IconButtonProps) {
  const click = (event: MouseEvent<HTMLButtonElement>) => {
    if (pending) event.preventDefault()
    else onClick?.(event)
  }
  const button = (
    <button
      {...rest}
      type={type}
      aria-label={label}
      className={style({ variant, className })}
      onClick={click}
      {...(pending ? { 'aria-disabled': true, 'aria-busy': true } : {})}
    >
      {pending ? <Spinner /> : children}
    </button>
  )
  return tooltip ? (
    <Tooltip label={label} side={tooltip}>
      {button}
    </Tooltip>
  ) : (
    button
  )
}
