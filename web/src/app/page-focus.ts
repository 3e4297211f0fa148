import { useRouterState } from '@tanstack/react-router'
import { useEffect } from 'react'

const PATIENCE_MS = 3000
/** The page that the browser itself opened: it reads that one out by itself, and the skip link must come first. */
let before: string | null = null

/** The inbox keeps its list while threads change beside it, and cares for the focus there itself. */
function pageOf(pathname: string) {
  return pathname.startsWith('/inbox') ? '/inbox' : pathname
}

/** After going to another page the focus is on its heading: screen readers read it, and Tab goes on from there. */
export function usePageFocus() {
  // Not the place that is being gone to: until its page is there, the heading on screen is the old one's.
  const page = useRouterState({
    select: ({ resolvedLocation, location }) => pageOf((resolvedLocation ?? location).pathname),
  })
  useEffect(() => {
    const arrived = before
    before = page
    if (arrived === null || arrived === page) return
    const began = performance.now()
    let frame = 0
    const look = () => {
      const active = document.activeElement
      // The page has put the focus where it wants it, or a dialog is open.
      if (active?.closest('main, [role="dialog"], [role="alertdialog"]')) return
      const heading = document.querySelector<HTMLElement>('main h1')
      if (heading) {
        heading.tabIndex = -1
        heading.focus({ preventScroll: true })
      } else if (performance.now() - began < PATIENCE_MS) frame = requestAnimationFrame(look)
    }
    frame = requestAnimationFrame(look)
    return () => cancelAnimationFrame(frame)
  }, [page])
}
