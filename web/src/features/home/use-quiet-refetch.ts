import { useCallback, useEffect, useRef } from 'react'

/** At most one refetch in this time, however many messages arrive: counts may lag by seconds. */
const QUIET_MS = 3000

/** Calls `refetch` once for all that happens within a few seconds. */
export function useQuietRefetch(refetch: () => void) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const newest = useRef(refetch)
  useEffect(() => {
    newest.current = refetch
  })
  useEffect(() => () => clearTimeout(timer.current), [])
  return useCallback(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined
      newest.current()
    }, QUIET_MS)
  }, [])
}
