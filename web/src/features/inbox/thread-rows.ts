/** The rows of a thread on screen: messages from the server and those on their way, with the lines between them. */
import { dhakaDay } from '@/lib/format'
import type { OutboxItem } from './outbox'
import type { Message } from './types'

/** `day`: the row begins a day, and says so above itself (no row of its own: scrolling up would lose its place). */
export type ThreadRow = { key: string; day: string | null } & (
  | { kind: 'event'; message: Message }
  | { kind: 'message'; message: Message; first: boolean }
  | { kind: 'outgoing'; item: OutboxItem; first: boolean }
)

/** Longer than this after the last one, a bubble tells again who wrote it. */
const TOGETHER_MS = 5 * 60_000

/** Stays the same when the server's row replaces the one on its way. */
function keyOf(message: Message): string {
  return message.client_id && message.author !== 'customer' ? message.client_id : message.id
}

function writer(message: Message): string {
  return `${message.author} ${message.author_user_id ?? message.agent_id ?? ''}`
}

/**
 * `messages` oldest first. What waits in the outbox comes last, except what the server shows already under the same
 * `client_id` (its row may arrive by the stream before the answer to the request).
 */
export function threadRows(
  messages: readonly Message[],
  outgoing: readonly OutboxItem[],
  userId: string,
): ThreadRow[] {
  const rows: ThreadRow[] = []
  let today = ''
  let last: { writer: string; at: number } | null = null
  const newDay = (at: string) => {
    const next = dhakaDay(at)
    if (next === today) return null
    today = next
    last = null
    return at
  }
  const isFirst = (by: string, time: string) => {
    const at = Date.parse(time)
    const first = last?.writer !== by || at - last.at > TOGETHER_MS
    last = { writer: by, at }
    return first
  }
  const arrived = new Set<string>()
  for (const message of messages) {
    if (message.client_id) arrived.add(message.client_id)
    const day = newDay(message.ordered_at)
    if (message.kind === 'event') {
      last = null
      rows.push({ kind: 'event', key: message.id, day, message })
      continue
    }
    const first = isFirst(writer(message), message.ordered_at)
    rows.push({ kind: 'message', key: keyOf(message), day, message, first })
  }
  for (const item of outgoing) {
    if (arrived.has(item.clientId)) continue
    const day = newDay(item.createdAt)
    const first = isFirst(`${item.kind === 'note' ? 'note' : 'human'} ${userId}`, item.createdAt)
    rows.push({ kind: 'outgoing', key: item.clientId, day, item, first })
  }
  return rows
}
