import { Popover as Radix } from 'radix-ui'
import type { ReactElement } from 'react'
import type { PopoverProps } from './popover'

/** A small window beside a button: filters, date range. Not modal. */
export function PopoverRoot({
  trigger,
  label,
  align = 'start',
  side = 'bottom',
  open,
  defaultOpen,
  onOpenChange,
  children,
}: PopoverProps & { defaultOpen: boolean }) {
  return (
    <Radix.Root open={open} defaultOpen={defaultOpen} onOpenChange={onOpenChange}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          aria-label={label}
          align={align}
          side={side}
          sideOffset={4}
          collisionPadding={8}
          className="z-50 max-h-(--radix-popover-content-available-height) w-80 max-w-[calc(100vw-1rem)] animate-pop overflow-y-auto rounded-lg border border-line bg-raised p-4 shadow-float"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

/** Closes the popover around it: wrap a Button. */
export function PopoverCloser({ children }: { children: ReactElement }) {
  return <Radix.Close asChild>{children}</Radix.Close>
}
