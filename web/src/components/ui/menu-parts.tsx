import { Check } from 'lucide-react'
import { DropdownMenu as Radix } from 'radix-ui'
import { type ReactNode, useLayoutEffect } from 'react'
import { cn } from '@/lib/cn'
import type { MenuItemProps, MenuProps, MenuRadioItemProps } from './dropdown-menu'
import { useLandmarkPortal } from './landmark-portal'

/** Loaded when somebody first goes near a menu (dropdown-menu.tsx). */
export function MenuRoot({
  trigger,
  align = 'end',
  side = 'bottom',
  open,
  defaultOpen,
  onOpenChange,
  children,
}: MenuProps & { defaultOpen: boolean }) {
  const { ref, container, locate } = useLandmarkPortal<HTMLButtonElement>()
  useLayoutEffect(() => locate(open === true || defaultOpen), [open, defaultOpen, locate])
  const change = (next: boolean) => {
    locate(next)
    onOpenChange?.(next)
  }
  return (
    // Not modal: the page stays in the accessibility tree while the menu is open.
    <Radix.Root modal={false} open={open} defaultOpen={defaultOpen} onOpenChange={change}>
      <Radix.Trigger asChild ref={ref}>
        {trigger}
      </Radix.Trigger>
      <Radix.Portal container={container}>
        <Radix.Content
          align={align}
          side={side}
          sideOffset={4}
          collisionPadding={8}
          className="z-50 max-h-(--radix-dropdown-menu-content-available-height) min-w-48 max-w-80 animate-pop overflow-y-auto rounded-lg border border-line bg-raised p-1 shadow-float"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

const item =
  'tap flex w-full items-center gap-2 rounded-md px-3 py-1.5 text-left text-sm outline-none data-highlighted:bg-hover data-disabled:text-muted data-disabled:opacity-70 [&_svg]:size-4 [&_svg]:shrink-0'

/** One action (`onSelect`); with `asChild` a link. */
export function MenuItem({ icon, tone, asChild, children, ...rest }: MenuItemProps) {
  return (
    <Radix.Item {...rest} asChild={asChild} className={cn(item, tone === 'danger' && 'text-danger')}>
      {asChild ? (
        children
      ) : (
        <>
          {icon}
          <span className="min-w-0 break-words">{children}</span>
        </>
      )}
    </Radix.Item>
  )
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <Radix.Label className="px-3 py-1.5 text-muted text-sm">{children}</Radix.Label>
}

export function MenuSeparator() {
  return <Radix.Separator className="my-1 h-px bg-line" />
}

function Indicator() {
  return (
    <span className="flex size-4 shrink-0">
      <Radix.ItemIndicator>
        <Check aria-hidden="true" />
      </Radix.ItemIndicator>
    </span>
  )
}

/** `value`, `onValueChange`. */
export const MenuRadioGroup = Radix.RadioGroup

export function MenuRadioItem({ children, ...rest }: MenuRadioItemProps) {
  return (
    <Radix.RadioItem {...rest} className={item}>
      <Indicator />
      <span className="min-w-0 break-words">{children}</span>
    </Radix.RadioItem>
  )
}
