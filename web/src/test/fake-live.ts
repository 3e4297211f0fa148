import type { LiveEvent } from '@/app/live'

/** Stands in for `@/app/live`: `vi.mock('@/app/live', () => import('@/test/fake-live'))`. */
interface Listeners {
  onEvent(event: LiveEvent): void
}

const open = new Set<Listeners>()

export function openLive(_organizationId: string, _userId: string, listeners: Listeners) {
  open.add(listeners)
  return { close: () => open.delete(listeners) }
}

/** An event of the organization's stream, as the server would send it. */
export function sendLive(event: LiveEvent) {
  for (const listeners of open) listeners.onEvent(event)
}
