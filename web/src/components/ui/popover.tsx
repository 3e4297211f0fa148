import type { ReactElement, ReactNode } from 'react'
import { useClosedTrigger } from './dropdown-menu'
import { lazyModule } from './lazy-module'

export type PopoverProps = {
  trigger: ReactElement
  /** Translated name of the small window, spoken only. */
  label: string
  align?: 'start' | 'center' | 'end'
  side?: 'top' | 'right' | 'bottom' | 'left'
  open?: boolean
  onOpenChange?: (open: boolean) => void
  children: ReactNode
}

export const popoverWindow = lazyModule(() => import('./popover-window'))

/** A small window beside a button: filters, date range. Not modal. */
export function Popover(props: PopoverProps) {
  const { live, wanted, closed } = useClosedTrigger(popoverWindow, 'dialog', props.onOpenChange)
  const parts = live ? popoverWindow.get() : null
  return parts ? <parts.PopoverRoot {...props} defaultOpen={wanted} /> : closed(props.trigger)
}

/** Closes the popover around it: wrap a Button. */
export function PopoverClose({ children }: { children: ReactElement }) {
  const parts = popoverWindow.get()
  return parts ? <parts.PopoverCloser>{children}</parts.PopoverCloser> : children
}
