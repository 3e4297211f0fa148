import type { DropdownMenu as Radix } from 'radix-ui'
import { type ComponentProps, type KeyboardEvent, type ReactElement, type ReactNode, useState } from 'react'
import { type LazyModule, lazyModule, withProps } from './lazy-module'

export type MenuProps = {
  /** The button; it must take a ref and props (Button, IconButton). */
  trigger: ReactElement
  align?: 'start' | 'center' | 'end'
  side?: 'top' | 'right' | 'bottom' | 'left'
  open?: boolean
  onOpenChange?: (open: boolean) => void
  /** MenuItem, MenuLabel, MenuSeparator, MenuRadioGroup with MenuRadioItem. */
  children: ReactNode
}

export type MenuItemProps = Omit<ComponentProps<typeof Radix.Item>, 'className'> & {
  icon?: ReactNode
  tone?: 'danger'
}
export type MenuRadioItemProps = Omit<ComponentProps<typeof Radix.RadioItem>, 'className'>

export const menuParts = lazyModule(() => import('./menu-parts'))

/**
 * What stands in for a menu or popover until its code is wanted: the same button, which fetches the code when it is gone
 * near, and opens with the click. `live` never goes back, and never changes by itself: the button would lose the focus.
 */
export function useClosedTrigger(
  lazy: LazyModule<unknown>,
  kind: 'menu' | 'dialog',
  onOpen?: (open: boolean) => void,
) {
  const [live, setLive] = useState(lazy.get() !== null)
  const [wanted, setWanted] = useState(false)
  const near = () => void lazy.load().catch(() => undefined)
  const open = () =>
    void lazy.load().then(
      () => {
        setWanted(true)
        setLive(true)
        onOpen?.(true)
      },
      () => undefined,
    )
  const closed = (trigger: ReactElement) =>
    withProps(trigger, {
      'aria-haspopup': kind,
      'aria-expanded': false,
      'data-state': 'closed',
      onPointerEnter: near,
      onFocus: near,
      onClick: open,
      onKeyDown: (event: KeyboardEvent) => {
        if (kind !== 'menu' || event.key !== 'ArrowDown') return
        event.preventDefault()
        open()
      },
    })
  return { live, wanted, closed }
}

/** A menu of actions under a button. */
export function Menu(props: MenuProps) {
  const { live, wanted, closed } = useClosedTrigger(menuParts, 'menu', props.onOpenChange)
  const parts = live ? menuParts.get() : null
  return parts ? <parts.MenuRoot {...props} defaultOpen={wanted} /> : closed(props.trigger)
}

/** One action (`onSelect`); with `asChild` a link. */
export function MenuItem(props: MenuItemProps) {
  const parts = menuParts.get()
  return parts ? <parts.MenuItem {...props} /> : null
}

export function MenuLabel(props: { children: ReactNode }) {
  const parts = menuParts.get()
  return parts ? <parts.MenuLabel {...props} /> : null
}

export function MenuSeparator() {
  const parts = menuParts.get()
  return parts ? <parts.MenuSeparator /> : null
}

/** `value`, `onValueChange`. */
export function MenuRadioGroup(props: ComponentProps<typeof Radix.RadioGroup>) {
  const parts = menuParts.get()
  return parts ? <parts.MenuRadioGroup {...props} /> : null
}

export function MenuRadioItem(props: MenuRadioItemProps) {
  const parts = menuParts.get()
  return parts ? <parts.MenuRadioItem {...props} /> : null
}
