import { lazy, Suspense, useSyncExternalStore } from 'react'

import { toasterState } from './toast'

const ToasterView = lazy(() => import('./toaster-view'))

/** The place of toasts; once, in the shell. Loads nothing until the first toast. */
export function Toaster() {
  const wanted = useSyncExternalStore(toasterState.subscribe, toasterState.wanted)
  if (!wanted) return null
  return (
    <Suspense fallback={null}>
      <ToasterView />
    </Suspense>
  )
}
