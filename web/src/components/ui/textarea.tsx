import { type ComponentProps, useCallback, useLayoutEffect, useRef } from 'react'
import { cn } from '@/lib/cn'
import { controlStyle, useFieldControl } from './field'

export type TextareaProps = ComponentProps<'textarea'> & {
  /** Grows with its text up to `maxRows`, then scrolls. */
  autogrow?: boolean
  maxRows?: number
}

/** Multi-line input; `rows` is its smallest height. */
export function Textarea({
  className,
  autogrow = false,
  maxRows = 12,
  rows = 3,
  ref,
  onInput,
  ...rest
}: TextareaProps) {
  const wiring = useFieldControl(rest)
  const own = useRef<HTMLTextAreaElement | null>(null)
  const grow = useCallback(() => {
    const area = own.current
    if (!area || !autogrow) return
    const style = getComputedStyle(area)
    const line = Number.parseFloat(style.lineHeight) || 24
    const frame = area.offsetHeight - area.clientHeight
    const padding = (Number.parseFloat(style.paddingTop) || 0) + (Number.parseFloat(style.paddingBottom) || 0)
    area.style.height = 'auto'
    const most = line * maxRows + padding
    area.style.height = `${Math.min(area.scrollHeight, most) + frame}px`
    area.style.overflowY = area.scrollHeight > most ? 'auto' : 'hidden'
  }, [autogrow, maxRows])
  // After every render: the text may have been set or cleared from outside.
  useLayoutEffect(grow)
  const setRef = useCallback(
    (area: HTMLTextAreaElement | null) => {
      own.current = area
      if (typeof ref === 'function') return ref(area)
      if (ref) ref.current = area
    },
    [ref],
  )
  return (
    <textarea
      {...rest}
      {...wiring}
      ref={setRef}
      rows={rows}
      onInput={(event) => {
        grow()
        onInput?.(event)
      }}
      className={cn(
        controlStyle,
        'block read-only:bg-panel',
        autogrow ? 'resize-none' : 'resize-y',
        className,
      )}
    />
  )
}
