/** The rows of a thread on screen: messages from the server and those on their way, with the lines between them. */
import { dhakaDay } from '@/lib/format'
import type { OutboxItem } from './outbox'
import type { Message } from './types'

export type ThreadRow =
  | { kind: 'day'; key: string; at: string }
  | { kind: 'event'; key: string; message: Message }
  | { kind: 'message'; key: string; message: Message; first: boolean }
  | { kind: 'outgoing'; key: string; item: OutboxItem; first: boolean }

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
export function threadRows(messages: readonly Message[], outgoing: readonly OutboxItem[], userId: string): ThreadRow[] {
  const rows: ThreadRow[] = []
  let day = ''
  let last: { writer: string; at: number } | null = null
  const startDay = (at: string) => {
    const next = dhakaDay(at)
    if (next === day) return
    day = next
    last = null
    rows.push({ kind: 'day', key: `day-${next}`, at })
  }
  const isFirst = (by: string, at: number) => {
    const first = last?.writer !== by || at - last.at > TOGETHER_MS
    last = { writer: by, at }
    return first
  }
  const arrived = new Set<string>()
  for (const message of messages) {
    if (message.client_id) arrived.add(message.client_id)
    startDay(message.ordered_at)
    if (message.kind === 'event') {
      last = null
      rows.push({ kind: 'event', key: message.id, message })
      continue
    }
    const first = isFirst(writer(message), Date.parse(message.ordered_at))
    rows.push({ kind: 'message', key: keyOf(message), message, first })
  }
  for (const item of outgoing) {
    if (arrived.has(item.clientId)) continue
    startDay(item.createdAt)
    const first = isFirst(
      `${item.kind === 'note' ? 'note' : 'human'} ${userId}`,
      Date.parse(item.createdAt),
    )
    rows.push({ kind: 'outgoing', key: item.clientId, item, first })
  }
  return rows
}
