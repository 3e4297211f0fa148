/** Toasts, for actions whose place is gone. sonner is loaded with the first one. Needs one <Toaster /> in the shell. */
import type { ReactNode } from 'react'

export type ToastOptions = {
  description?: ReactNode
  /** One button, such as "Undo". */
  action?: { label: string; onClick: () => void }
  /** Milliseconds; Infinity stays until closed. */
  duration?: number
  /** The same id replaces an older toast. */
  id?: string
}

let wanted = false
const listeners = new Set<() => void>()
let markReady: () => void = () => undefined
const ready = new Promise<void>((resolve) => {
  markReady = resolve
})

export const toasterState = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
    }
  },
  wanted: () => wanted,
  ready: () => markReady(),
}

function show(
  kind: 'success' | 'error' | 'info' | 'warning',
  text: ReactNode,
  options: ToastOptions = {},
): void {
  wanted = true
  for (const listener of listeners) listener()
  // Toasts sent before sonner listens would be lost.
  void Promise.all([import('sonner'), ready]).then(([sonner]) => {
    sonner.toast[kind](text, options)
  })
}

export const toast = {
  success: (text: ReactNode, options?: ToastOptions) => show('success', text, options),
  error: (text: ReactNode, options?: ToastOptions) => show('error', text, options),
  info: (text: ReactNode, options?: ToastOptions) => show('info', text, options),
  warning: (text: ReactNode, options?: ToastOptions) => show('warning', text, options),
}
