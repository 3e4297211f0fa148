import { cva, type VariantProps } from 'class-variance-authority'
import { Slot } from 'radix-ui'
import type { ComponentProps, MouseEvent, ReactNode } from 'react'
import { Spinner } from './spinner'

export const buttonStyle = cva(
  'tap inline-flex items-center justify-center gap-2 rounded-md border text-center font-semibold no-underline transition-colors duration-100 disabled:opacity-60 aria-disabled:opacity-60',
  {
    variants: {
      variant: {
        primary: 'border-transparent bg-brand text-brand-fg hover:bg-brand-hover',
        secondary: 'border-line-strong bg-raised text-fg hover:bg-hover',
        ghost: 'border-transparent bg-transparent text-fg hover:bg-hover',
        danger: 'border-transparent bg-danger text-danger-fg hover:bg-danger-hover',
      },
      size: { sm: 'px-3 py-1 text-sm', md: 'px-4 py-1.5 text-sm', lg: 'min-h-12 px-5 py-2 text-base' },
      block: { true: 'w-full', false: '' },
    },
    defaultVariants: { variant: 'primary', size: 'md', block: false },
  },
)

export type ButtonProps = Omit<ComponentProps<'button'>, 'className'> &
  VariantProps<typeof buttonStyle> & {
    className?: string
    /** Work is under way: shows a spinner, keeps focus, ignores clicks. */
    pending?: boolean
    /** Icon before the text. */
    icon?: ReactNode
    /** Gives its look to the only child (a link); `pending` and `icon` do not apply. */
    asChild?: boolean
  }

/** The button of the app. `type` is "button" unless told: forms say type="submit". */
export function Button({
  variant,
  size,
  block,
  className,
  pending = false,
  icon,
  asChild = false,
  type = 'button',
  onClick,
  children,
  ...rest
}: ButtonProps) {
  const look = buttonStyle({ variant, size, block, className })
  if (asChild) {
    return (
      <Slot.Root className={look} onClick={onClick} {...rest}>
        {children}
      </Slot.Root>
    )
  }
  const click = (event: MouseEvent<HTMLButtonElement>) => {
    // Disabling would throw the focus away; this also stops a second submit by Enter.
    if (pending) event.preventDefault()
    else onClick?.(event)
  }
  return (
    <button
      {...rest}
      type={type}
      className={look}
      onClick={click}
      {...(pending ? { 'aria-disabled': true, 'aria-busy': true } : {})}
    >
      {pending ? <Spinner /> : icon}
      {children}
    </button>
  )
}
