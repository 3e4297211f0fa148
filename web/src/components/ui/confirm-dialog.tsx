import type { ReactElement, ReactNode } from 'react'
import { useWindow } from './dialog'
import { lazyModule, useModule } from './lazy-module'

export type ConfirmDialogProps = {
  open?: boolean
  onOpenChange?: (open: boolean) => void
  trigger?: ReactElement
  /** Names the object: "Delete the agent “Sales”?" */
  title: ReactNode
  /** What will happen, and whether it can be undone. */
  description: ReactNode
  /** The deed, not "OK": "Delete agent". */
  confirmLabel: string
  cancelLabel?: string
  tone?: 'danger' | 'primary'
  /** Closes when it (or its promise) is done; stays open when the promise fails: show why with `error`. */
  onConfirm: (reason: string) => unknown
  /** A translated text, or an element that says it (<ActionError>). */
  error?: ReactNode
  /** Asks for a reason, which onConfirm receives (trimmed). */
  reason?: { label?: string; hint?: string; minLength?: number; maxLength?: number; required?: string }
  children?: ReactNode
}

export const confirmWindow = lazyModule(() => import('./confirm-window'))

/** Asks before something that hurts. The safe choice has the focus. */
export function ConfirmDialog({ open, onOpenChange, trigger, ...rest }: ConfirmDialogProps) {
  const { shown, opened, change, button } = useWindow({ open, onOpenChange, trigger })
  const parts = useModule(confirmWindow, opened)
  return (
    <>
      {button}
      {parts ? <parts.ConfirmWindow {...rest} open={shown} onOpenChange={change} /> : null}
    </>
  )
}
