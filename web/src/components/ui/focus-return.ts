import { type RefObject, useRef } from 'react'

/**
 * Gives the focus back to where it was before a dialog opened, also when the dialog was opened without a trigger of
 * its own, or from an item of a menu that is gone by then (the menu's button gets it).
 */
export function useFocusReturn(initialFocus?: RefObject<HTMLElement | null>) {
  const before = useRef<HTMLElement | null>(null)
  return {
    onOpenAutoFocus: (event: Event) => {
      before.current = origin(document.activeElement)
      if (!initialFocus?.current) return
      event.preventDefault()
      initialFocus.current.focus()
    },
    onCloseAutoFocus: (event: Event) => {
      const target = before.current
      // Prevented: the dialog would focus its own trigger, or nothing.
      event.preventDefault()
      const fallback = document.querySelector<HTMLElement>('main[tabindex], h1[tabindex]')
      const next = target?.isConnected ? target : fallback
      next?.focus({ preventScroll: !target?.isConnected })
    },
  }
}

function origin(element: Element | null): HTMLElement | null {
  const menu = element?.closest('[role="menu"]')
  const owner = menu?.getAttribute('aria-labelledby')
  const trigger = owner ? document.getElementById(owner) : null
  if (trigger) return trigger
  return element instanceof HTMLElement && element !== document.body ? element : null
}
