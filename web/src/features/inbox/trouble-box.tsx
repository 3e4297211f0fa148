import type { ReactNode } from 'react'
import { cn } from '@/lib/cn'

/** Below a bubble that has not arrived. */
export function TroubleBox({ tone, children }: { tone: 'warn' | 'danger'; children: ReactNode }) {
  return (
    <div
      className={cn(
        'mt-1 grid max-w-[85%] gap-2 rounded-lg border px-3 py-2 text-sm md:max-w-[75%]',
        tone === 'warn' ? 'border-warn bg-warn-soft' : 'border-danger bg-danger-soft',
      )}
    >
      {children}
    </div>
  )
}
