/** What the state of a conversation means for the people who look at it. All pure: `now` is an argument. */
import type { Conversation } from './types'

/** Who speaks with the customer now. */
export type Owner = 'ai' | 'human'

function ahead(time: string | null | undefined, now: number): boolean {
  return time ? Date.parse(time) > now : false
}

/** The AI owns the conversation while it answers by itself; a pause that has run out is none. */
export function ownerOf({ ai }: Pick<Conversation, 'ai'>, now: number): Owner {
  if (ai.state === 'on') return 'ai'
  return ai.state === 'paused' && !ahead(ai.paused_until, now) ? 'ai' : 'human'
}

export function isSnoozed(conversation: Pick<Conversation, 'snoozed_until'>, now: number): boolean {
  return ahead(conversation.snoozed_until, now)
}

export type ReplyWindow =
  /** The customer has never written: nobody may write first. */
  | { state: 'none' }
  | { state: 'open'; until: string; endsSoon: boolean }
  /** The AI may not answer any more, a person may. */
  | { state: 'human_only'; until: string }
  | { state: 'closed'; since: string }

const SOON_MS = 4 * 3_600_000

/** What the platform's rules allow now. */
export function replyWindow(
  conversation: Pick<Conversation, 'window_ends_at' | 'human_window_ends_at'>,
  now: number,
): ReplyWindow {
  const end = conversation.human_window_ends_at
  if (!end) return { state: 'none' }
  if (!ahead(end, now)) return { state: 'closed', since: end }
  if (conversation.window_ends_at && !ahead(conversation.window_ends_at, now))
    return { state: 'human_only', until: end }
  return { state: 'open', until: end, endsSoon: Date.parse(end) - now < SOON_MS }
}

/** Snoozes offered, as moments in Dhaka (UTC+6, no summer time). */
export function snoozeChoices(now: number): { id: 'hour' | 'hours' | 'tomorrow' | 'week'; until: Date }[] {
  const DAY = 86_400_000
  const dhaka = now + 6 * 3_600_000
  const nine = (days: number) => new Date(dhaka - (dhaka % DAY) + days * DAY + 9 * 3_600_000 - 6 * 3_600_000)
  return [
    { id: 'hour', until: new Date(now + 3_600_000) },
    { id: 'hours', until: new Date(now + 4 * 3_600_000) },
    { id: 'tomorrow', until: nine(1) },
    { id: 'week', until: nine(7) },
  ]
}

/** "2026-11-24T09:00" as a person in Dhaka means it; null when it is not a time. */
export function fromDhakaInput(value: string): Date | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(value)) return null
  const date = new Date(`${value.slice(0, 16)}:00+06:00`)
  return Number.isNaN(date.getTime()) ? null : date
}

/** Whether the platform would take an answer of a person now. */
export function canReply(
  conversation: Pick<Conversation, 'window_ends_at' | 'human_window_ends_at'>,
  account: { health: string } | undefined,
  now: number,
): boolean {
  const { state } = replyWindow(conversation, now)
  return (state === 'open' || state === 'human_only') && account?.health !== 'disconnected'
}
