import { lazy, Suspense } from 'react'
import type { ConfirmDialogProps } from './confirm-dialog'

export const loadConfirmDialog = () => import('./confirm-dialog')
const ConfirmDialog = lazy(async () => ({ default: (await loadConfirmDialog()).ConfirmDialog }))

/** ConfirmDialog that is loaded when it is first opened; `open` is the caller's. */
export function LazyConfirmDialog(props: Omit<ConfirmDialogProps, 'trigger'> & { open: boolean }) {
  if (!props.open) return null
  return (
    <Suspense>
      <ConfirmDialog {...props} />
    </Suspense>
  )
}
