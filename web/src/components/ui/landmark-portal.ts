import { type RefObject, useCallback, useRef, useState } from 'react'

/**
 * Where a menu or tooltip is put: into the landmark or dialog of its button, so that nothing stands outside the
 * page's landmarks. Give `ref` to the trigger, `container` to the portal and call `locate` when it opens.
 */
export function useLandmarkPortal<T extends HTMLElement>(): {
  ref: RefObject<T | null>
  container: HTMLElement | undefined
  locate: (open: boolean) => void
} {
  const ref = useRef<T>(null)
  const [container, setContainer] = useState<HTMLElement>()
  const locate = useCallback((open: boolean) => {
    if (!open) return
    const near =
      ref.current?.closest<HTMLElement>('[role="dialog"],[role="alertdialog"],main') ??
      ref.current?.closest<HTMLElement>('nav,aside,header,footer')
    setContainer(near ?? undefined)
  }, [])
  return { ref, container, locate }
}
