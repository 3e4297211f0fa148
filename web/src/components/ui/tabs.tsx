import { Tabs as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { cn } from '@/lib/cn'

export type TabsProps<V extends string = string> = {
  value: V
  onValueChange: (value: V) => void
  className?: string
  children: ReactNode
}

/** Tabs over panels. With the tab in the URL: value from search, onValueChange navigates. */
export function Tabs<V extends string>({ value, onValueChange, className, children }: TabsProps<V>) {
  return (
    <Radix.Root
      value={value}
      // Radix only hands back what a TabsTrigger of this group carries.
      onValueChange={(next) => onValueChange(next as V)}
      activationMode="manual"
      className={cn('flex min-w-0 flex-col', className)}
    >
      {children}
    </Radix.Root>
  )
}

/** The row of tabs; scrolls sideways within itself when it is too narrow. */
export function TabsList({
  label,
  className,
  children,
}: {
  label: string
  className?: string
  children: ReactNode
}) {
  return (
    <Radix.List
      aria-label={label}
      className={cn('flex overflow-x-auto border-b [scrollbar-width:none]', className)}
    >
      {children}
    </Radix.List>
  )
}

export type TabsTriggerProps = {
  value: string
  icon?: ReactNode
  /** Formatted number behind the label; `countLabel` says it in words ("12 conversations"). */
  count?: string
  countLabel?: string
  disabled?: boolean
  children: ReactNode
}

export function TabsTrigger({ value, icon, count, countLabel, disabled, children }: TabsTriggerProps) {
  return (
    <Radix.Trigger
      value={value}
      disabled={disabled}
      className="tap -mb-px flex shrink-0 items-center gap-2 border-transparent border-b-2 px-3 text-muted text-sm outline-offset-[-2px] hover:text-fg disabled:opacity-60 data-[state=active]:border-brand data-[state=active]:font-semibold data-[state=active]:text-fg [&_svg]:size-4"
    >
      {icon}
      {children}
      {count === undefined ? null : (
        <>
          <span
            aria-hidden={countLabel ? true : undefined}
            className="rounded-full bg-hover px-2 text-fg text-sm"
          >
            {count}
          </span>
          {countLabel ? <span className="sr-only">{countLabel}</span> : null}
        </>
      )}
    </Radix.Trigger>
  )
}

export function TabsContent({
  value,
  className,
  children,
}: {
  value: string
  className?: string
  children: ReactNode
}) {
  return (
    <Radix.Content value={value} className={cn('min-w-0 pt-4', className)}>
      {children}
    </Radix.Content>
  )
}
