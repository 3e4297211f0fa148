import { type ReactElement, type ReactNode, type RefObject, useState } from 'react'
import { lazyModule, useModule, withProps } from './lazy-module'

export type DialogProps = {
  open?: boolean
  onOpenChange?: (open: boolean) => void
  /** A button that opens it; or control `open` yourself. */
  trigger?: ReactElement
  /** Translated; names what this is about. */
  title: ReactNode
  description?: ReactNode
  size?: 'sm' | 'md' | 'lg' | 'xl'
  /** Buttons at the bottom, the main one last. */
  footer?: ReactNode
  /** Element that gets the focus first; otherwise the first control. */
  initialFocus?: RefObject<HTMLElement | null>
  /** False while something must not be lost: Escape, the outside and the cross then do nothing. */
  dismissible?: boolean
  children?: ReactNode
}

/** What a window gets: it is always controlled, and has no trigger. */
export type WindowProps<Props> = Omit<Props, 'open' | 'onOpenChange' | 'trigger'> & {
  open: boolean
  onOpenChange: (open: boolean) => void
}

export const dialogWindow = lazyModule(() => import('./dialog-window'))

/** State of a window that its trigger opens, or its parent. `opened` stays true once it was open. */
export function useWindow({
  open,
  onOpenChange,
  trigger,
}: Pick<DialogProps, 'open' | 'onOpenChange' | 'trigger'>) {
  const [own, setOwn] = useState(false)
  const [opened, setOpened] = useState(false)
  const shown = open ?? own
  if (shown && !opened) setOpened(true)
  const change = (next: boolean) => {
    setOwn(next)
    onOpenChange?.(next)
  }
  const button = trigger
    ? withProps(trigger, { 'aria-haspopup': 'dialog', 'aria-expanded': shown, onClick: () => change(true) })
    : null
  return { shown, opened, change, button }
}

/** A window over the page; from the bottom and full width on phones. Focus returns to where it was. */
export function Dialog({ open, onOpenChange, trigger, ...rest }: DialogProps) {
  const { shown, opened, change, button } = useWindow({ open, onOpenChange, trigger })
  const parts = useModule(dialogWindow, opened)
  return (
    <>
      {button}
      {parts ? <parts.DialogWindow {...rest} open={shown} onOpenChange={change} /> : null}
    </>
  )
}

/** Closes the dialog or sheet around it: wrap a Button. */
export function DialogClose({ children }: { children: ReactElement }) {
  const parts = dialogWindow.get()
  return parts ? <parts.WindowClose>{children}</parts.WindowClose> : children
}
