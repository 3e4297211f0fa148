/**
 * The token behind `#token=` of a link that came by mail or from an admin. A fragment never reaches a server or its logs,
 * and pasting the link into an open page works too.
 */
import { useSyncExternalStore } from 'react'

export function useFragmentToken(): string | null {
  return useSyncExternalStore(
    (listener) => {
      window.addEventListener('hashchange', listener)
      return () => window.removeEventListener('hashchange', listener)
    },
    () => new URLSearchParams(window.location.hash.slice(1)).get('token'),
  )
}
