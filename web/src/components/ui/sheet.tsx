import type { ReactElement, ReactNode } from 'react'
import { useWindow } from './dialog'
import { lazyModule, useModule } from './lazy-module'

export type SheetProps = {
  open?: boolean
  onOpenChange?: (open: boolean) => void
  trigger?: ReactElement
  side?: 'right' | 'left' | 'bottom'
  title: ReactNode
  /** Title for screen readers only. */
  hideTitle?: boolean
  description?: ReactNode
  footer?: ReactNode
  children?: ReactNode
}

export const sheetWindow = lazyModule(() => import('./sheet-window'))

/** A panel from the edge: contact panel on small screens, navigation, filters. */
export function Sheet({ open, onOpenChange, trigger, ...rest }: SheetProps) {
  const { shown, opened, change, button } = useWindow({ open, onOpenChange, trigger })
  const parts = useModule(sheetWindow, opened)
  return (
    <>
      {button}
      {parts ? <parts.SheetWindow {...rest} open={shown} onOpenChange={change} /> : null}
    </>
  )
}
