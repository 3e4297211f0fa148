import { useSyncExternalStore } from 'react'

let ready = false
const listeners = new Set<() => void>()

/** Whether the server now serves another build than the one that runs here. */
async function isOutdated(): Promise<boolean> {
  const own = document.querySelector<HTMLScriptElement>('script[type="module"][src]')?.getAttribute('src')
  if (!own) return false
  try {
    const response = await fetch('/', { cache: 'no-store', headers: { Accept: 'text/html' } })
    return response.ok && !(await response.text()).includes(own)
  } catch {
    // No network: the part is missing for that reason, and comes when it is tried again.
    return false
  }
}

/**
 * A part of the app that cannot be loaded: after a release its file is gone. We offer the new version and never take
 * it by ourselves, for somebody may be writing. (The router would reload once by itself; marking the error as seen
 * keeps it from doing so.)
 */
export function watchForNewVersion() {
  window.addEventListener('vite:preloadError', (event) => {
    try {
      sessionStorage.setItem(`tanstack_router_reload:${event.payload.message}`, '1')
    } catch {
      // Without storage the router does not reload either.
    }
    void isOutdated().then((outdated) => {
      if (!outdated || ready) return
      ready = true
      for (const listener of listeners) listener()
    })
  })
}

export function useNewVersion(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => ready,
  )
}

/** Forms with unsaved changes still ask (beforeunload); drafts are stored as they are written. */
export function loadNewVersion() {
  window.location.reload()
}
