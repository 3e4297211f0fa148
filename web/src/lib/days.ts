/** Days as the server takes them: YYYY-MM-DD, both ends included. */
export interface Range {
  from: string
  to: string
}

/** The server's own limit. */
const MAX_DAYS = 92
const DAY_MS = 86_400_000
const DAY = /^\d{4}-\d{2}-\d{2}$/

/** Today in Dhaka, whatever the device's clock is set to show. */
export function today(now: Date = new Date()): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Dhaka' }).format(now)
}

function toTime(day: string): number {
  return DAY.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN
}

function addDays(day: string, days: number): string {
  return new Date(toTime(day) + days * DAY_MS).toISOString().slice(0, 10)
}

/** Number of days from the first to the last, both included; NaN for what is no date. */
export function length(range: Range): number {
  return Math.round((toTime(range.to) - toTime(range.from)) / DAY_MS) + 1
}

export function isValid(range: Range): boolean {
  const days = length(range)
  return days >= 1 && days <= MAX_DAYS
}

/** The `days` days that end today. */
export function lastDays(days: number, now?: Date): Range {
  const to = today(now)
  return { from: addDays(to, 1 - days), to }
}

/** What the URL asks for, or the last seven days where it asks for nothing that can be shown. */
export function rangeOf(search: { from?: string; to?: string }, now?: Date): Range {
  const asked = { from: search.from ?? '', to: search.to ?? '' }
  return isValid(asked) ? asked : lastDays(7, now)
}
