import { type ReactElement, type ReactNode, useCallback, useEffect, useId, useRef, useState } from 'react'
import { createPortal } from 'react-dom'
import { withProps } from './lazy-module'

export type TooltipProps = {
  /** Translated; must not be the only place of something important. */
  label: ReactNode
  side?: Side
  /** One element that takes DOM props. */
  children: ReactElement
}

type Side = 'top' | 'right' | 'bottom' | 'left'

const DELAY_MS = 400
const GAP = 6
const MARGIN = 8

/** A short text on hover and keyboard focus; Escape takes it away. The element keeps its place in the page. */
export function Tooltip({ label, side = 'top', children }: TooltipProps) {
  const id = useId()
  const [target, setTarget] = useState<HTMLElement | null>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const hide = useCallback(() => {
    clearTimeout(timer.current)
    setTarget(null)
  }, [])
  useEffect(() => () => clearTimeout(timer.current), [])
  const trigger = withProps(children, {
    ...(target ? { 'aria-describedby': id } : {}),
    onPointerEnter: (event: React.PointerEvent<HTMLElement>) => {
      if (event.pointerType === 'touch') return
      const element = event.currentTarget
      clearTimeout(timer.current)
      timer.current = setTimeout(() => setTarget(element), DELAY_MS)
    },
    onPointerLeave: hide,
    onPointerDown: hide,
    onFocus: (event: React.FocusEvent<HTMLElement>) => {
      if (event.currentTarget.matches(':focus-visible')) setTarget(event.currentTarget)
    },
    onBlur: hide,
  })
  return (
    <>
      {trigger}
      {target?.isConnected ? (
        <Bubble id={id} target={target} side={side} onHide={hide}>
          {label}
        </Bubble>
      ) : null}
    </>
  )
}

interface BubbleProps {
  id: string
  target: HTMLElement
  side: Side
  onHide(): void
  children: ReactNode
}

/** Stands in the landmark of its element, so that nothing is outside the page's landmarks. */
function Bubble({ id, target, side, onHide, children }: BubbleProps) {
  const place = useCallback(
    (bubble: HTMLElement | null) => {
      if (!bubble) return
      // Inside a moved ancestor (a dialog), `fixed` counts from there: what stands at 0, 0 tells where that is.
      const own = bubble.getBoundingClientRect()
      const { left, top } = position(target.getBoundingClientRect(), own, side)
      bubble.style.left = `${left - own.left}px`
      bubble.style.top = `${top - own.top}px`
      bubble.style.visibility = 'visible'
    },
    [target, side],
  )
  useEffect(() => {
    const key = (event: KeyboardEvent) => event.key === 'Escape' && onHide()
    document.addEventListener('keydown', key)
    window.addEventListener('scroll', onHide, true)
    return () => {
      document.removeEventListener('keydown', key)
      window.removeEventListener('scroll', onHide, true)
    }
  }, [onHide])
  const container =
    target.closest('[role="dialog"],[role="alertdialog"],main') ??
    target.closest('nav,aside,header,footer') ??
    document.body
  return createPortal(
    <span
      ref={place}
      id={id}
      role="tooltip"
      style={{ visibility: 'hidden', left: 0, top: 0 }}
      className="pointer-events-none fixed z-60 max-w-72 animate-fade rounded-md bg-fg px-2 py-1 text-bg text-sm shadow-float"
    >
      {children}
    </span>,
    container,
  )
}

/** Beside the element; on the other side where there is no room, and never out of the window. */
function position(target: DOMRect, bubble: DOMRect, side: Side) {
  const room = { width: document.documentElement.clientWidth, height: window.innerHeight }
  const centre = {
    left: target.left + (target.width - bubble.width) / 2,
    top: target.top + (target.height - bubble.height) / 2,
  }
  const places = {
    top: { left: centre.left, top: target.top - bubble.height - GAP },
    bottom: { left: centre.left, top: target.bottom + GAP },
    left: { left: target.left - bubble.width - GAP, top: centre.top },
    right: { left: target.right + GAP, top: centre.top },
  }
  const opposite = { top: 'bottom', bottom: 'top', left: 'right', right: 'left' } as const
  const fits = ({ left, top }: { left: number; top: number }) =>
    left >= 0 && top >= 0 && left + bubble.width <= room.width && top + bubble.height <= room.height
  const clamp = ({ left, top }: { left: number; top: number }) => ({
    left: Math.max(MARGIN, Math.min(left, room.width - bubble.width - MARGIN)),
    top: Math.max(MARGIN, Math.min(top, room.height - bubble.height - MARGIN)),
  })
  const asked = clamp(places[side])
  const other = clamp(places[opposite[side]])
  return fits(places[side]) || overlap(asked, bubble, target) <= overlap(other, bubble, target)
    ? asked
    : other
}

function overlap(at: { left: number; top: number }, bubble: DOMRect, target: DOMRect) {
  const width = Math.min(at.left + bubble.width, target.right) - Math.max(at.left, target.left)
  const height = Math.min(at.top + bubble.height, target.bottom) - Math.max(at.top, target.top)
  return Math.max(0, width) * Math.max(0, height)
}
