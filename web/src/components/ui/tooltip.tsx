import { Tooltip as Radix } from 'radix-ui'
import type { ReactElement, ReactNode } from 'react'
import { useLandmarkPortal } from './landmark-portal'

export type TooltipProps = {
  /** Translated; must not be the only place of something important. */
  label: ReactNode
  side?: 'top' | 'right' | 'bottom' | 'left'
  /** One element that takes a ref and props. */
  children: ReactElement
}

/** A short text on hover and focus. */
export function Tooltip({ label, side = 'top', children }: TooltipProps) {
  const portal = useLandmarkPortal<HTMLButtonElement>()
  return (
    <Radix.Provider delayDuration={400} disableHoverableContent={false}>
      <Radix.Root onOpenChange={portal.locate}>
        <Radix.Trigger asChild ref={portal.ref}>
          {children}
        </Radix.Trigger>
        <Radix.Portal container={portal.container}>
          <Radix.Content
            side={side}
            sideOffset={6}
            collisionPadding={8}
            className="z-60 max-w-72 animate-fade rounded-md bg-fg px-2 py-1 text-bg text-sm shadow-float"
          >
            {label}
          </Radix.Content>
        </Radix.Portal>
      </Radix.Root>
    </Radix.Provider>
  )
}
