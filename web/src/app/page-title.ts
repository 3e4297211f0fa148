import { useEffect, useSyncExternalStore } from 'react'

let named: string | null = null
const listeners = new Set<() => void>()

function name(next: string | null) {
  named = next
  for (const listener of listeners) listener()
}

/** Names what the page is about ("Sales agent") in the window's title, as soon as it is known. */
export function usePageTitle(title: string | null | undefined) {
  useEffect(() => {
    if (!title) return
    name(title)
    return () => name(null)
  }, [title])
}

/** What the page has named; for the shell. */
export function useNamedTitle(): string | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => named,
  )
}

/** Sets the window's title; parts that are missing are left out. */
export function useDocumentTitle(...parts: (string | null | undefined)[]) {
  const title = [...parts, 'BanglaChatPro'].filter(Boolean).join(' · ')
  useEffect(() => {
    document.title = title
  }, [title])
}
