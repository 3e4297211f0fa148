import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { cn } from '@/lib/cn'

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at)

/** One grey block, silent. Put several into a SkeletonGroup. */
export function Skeleton({ className, round }: { className?: string; round?: boolean }) {
  return (
    <span
      aria-hidden="true"
      className={cn('block animate-pulse bg-hover', round ? 'rounded-full' : 'rounded-md', className)}
    />
  )
}

/** Says "Loading…" once for the blocks inside. */
export function SkeletonGroup({ className, children }: { className?: string; children: ReactNode }) {
  const { t } = useTranslation('ui')
  return (
    <div role="status" className={className}>
      <span className="sr-only">{t('loading')}</span>
      {children}
    </div>
  )
}

/** Lines of text. */
export function SkeletonLines({ count = 3, className }: { count?: number; className?: string }) {
  return (
    <SkeletonGroup className={cn('grid gap-3', className)}>
      {numbers(count).map((at) => (
        <Skeleton key={at} className={cn('h-4', at === count - 1 ? 'w-2/3' : 'w-full')} />
      ))}
    </SkeletonGroup>
  )
}

/** Rows of a list with an avatar. */
export function SkeletonRows({ count = 8, className }: { count?: number; className?: string }) {
  return (
    <SkeletonGroup className={cn('grid', className)}>
      {numbers(count).map((at) => (
        <div key={at} className="flex items-center gap-3 border-b px-4 py-3">
          <Skeleton round className="size-10" />
          <div className="grid flex-1 gap-2">
            <Skeleton className="h-4 w-1/2" />
            <Skeleton className="h-4 w-5/6" />
          </div>
        </div>
      ))}
    </SkeletonGroup>
  )
}

/** Cards in a grid. */
export function SkeletonCards({ count = 3, className }: { count?: number; className?: string }) {
  return (
    <SkeletonGroup className={cn('grid gap-4 sm:grid-cols-2 lg:grid-cols-3', className)}>
      {numbers(count).map((at) => (
        <div key={at} className="grid gap-3 rounded-lg border p-4">
          <Skeleton className="h-5 w-1/2" />
          <Skeleton className="h-8 w-1/3" />
          <Skeleton className="h-4 w-full" />
        </div>
      ))}
    </SkeletonGroup>
  )
}

/** Bubbles of a thread. */
export function SkeletonBubbles({ count = 6, className }: { count?: number; className?: string }) {
  return (
    <SkeletonGroup className={cn('flex flex-col gap-3 p-4', className)}>
      {numbers(count).map((at) => (
        <Skeleton
          key={at}
          className={cn('h-12', at % 3 === 2 ? 'w-1/3' : 'w-3/5', at % 2 ? 'self-end' : 'self-start')}
        />
      ))}
    </SkeletonGroup>
  )
}
