import { Check } from 'lucide-react'
import { DropdownMenu as Radix } from 'radix-ui'
import { type ComponentProps, type ReactElement, type ReactNode, useLayoutEffect } from 'react'
import { cn } from '@/lib/cn'
import { useLandmarkPortal } from './landmark-portal'

export type MenuProps = {
  /** The button; it must take a ref and props (Button, IconButton). */
  trigger: ReactElement
  align?: 'start' | 'center' | 'end'
  side?: 'top' | 'right' | 'bottom' | 'left'
  open?: boolean
  onOpenChange?: (open: boolean) => void
  /** MenuItem, MenuLabel, MenuSeparator, MenuCheckboxItem, MenuRadioGroup with MenuRadioItem. */
  children: ReactNode
}

/** A menu of actions under a button. */
export function Menu({ trigger, align = 'end', side = 'bottom', open, onOpenChange, children }: MenuProps) {
  const { ref, container, locate } = useLandmarkPortal<HTMLButtonElement>()
  useLayoutEffect(() => locate(open === true), [open, locate])
  const change = (next: boolean) => {
    locate(next)
    onOpenChange?.(next)
  }
  return (
    // Not modal: the page stays in the accessibility tree while the menu is open.
    <Radix.Root modal={false} open={open} onOpenChange={change}>
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

export type MenuItemProps = Omit<ComponentProps<typeof Radix.Item>, 'className'> & {
  icon?: ReactNode
  tone?: 'danger'
}

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

/** `checked`, `onCheckedChange`; stays open with `onSelect={(e) => e.preventDefault()}`. */
export function MenuCheckboxItem({
  children,
  ...rest
}: Omit<ComponentProps<typeof Radix.CheckboxItem>, 'className'>) {
  return (
    <Radix.CheckboxItem {...rest} className={item}>
      <Indicator />
      <span className="min-w-0 break-words">{children}</span>
    </Radix.CheckboxItem>
  )
}

/** `value`, `onValueChange`. */
export const MenuRadioGroup = Radix.RadioGroup

export function MenuRadioItem({
  children,
  ...rest
}: Omit<ComponentProps<typeof Radix.RadioItem>, 'className'>) {
  return (
    <Radix.RadioItem {...rest} className={item}>
      <Indicator />
      <span className="min-w-0 break-words">{children}</span>
    </Radix.RadioItem>
  )
}
