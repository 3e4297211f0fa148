/** Rows for the tests of the inbox. */
import type { Conversation, Message } from './types'

export const ORGANIZATION = '01900000-0000-7000-8000-000000000001'
export const USER = '01900000-0000-7000-8000-0000000000aa'

const id = (group: string, n: number) => `01900000-0000-7000-${group}-${String(n).padStart(12, '0')}`
const BASE = Date.parse('2026-11-23T06:00:00Z')

export function at(minutes: number): string {
  return new Date(BASE + minutes * 60_000).toISOString()
}

export function message(n: number, changes: Partial<Message> = {}): Message {
  return {
    id: id('8001', n),
    conversation_id: id('8002', 1),
    author: 'customer',
    kind: 'text',
    text: `message ${n}`,
    attachments: [],
    ordered_at: at(n),
    created_at: at(n),
    state: 'received',
    parts: [],
    ...changes,
  }
}

export function conversation(n: number, changes: Partial<Conversation> = {}): Conversation {
  return {
    id: id('8002', n),
    account_id: id('8003', 1),
    account_name: 'শিউলিতলা',
    platform: 'whatsapp',
    contact: { id: id('8004', n), name: `Customer ${n}` },
    status: 'open',
    ai: { state: 'off', reason: 'taken_over' },
    needs_human: false,
    unread_count: 0,
    last_message: {
      author: 'customer',
      kind: 'text',
      text: `last words ${n}`,
      state: 'received',
      ordered_at: at(n),
      failure: false,
    },
    last_message_at: at(n),
    last_customer_message_at: at(n),
    window_ends_at: '2099-01-01T00:00:00Z',
    human_window_ends_at: '2099-01-01T00:00:00Z',
    changed_at: at(n),
    created_at: at(0),
    ...changes,
  }
}

/** Numbers below one that are the same in every run. */
export function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return state / 4_294_967_296
  }
}

export function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const left = [...list]
  const out: T[] = []
  while (left.length > 0) out.push(...left.splice(Math.floor(random() * left.length), 1))
  return out
}
