/**
 * How what the server says gets into the lists on screen. Pure functions: old list and news in, new list out. The
 * same news may come twice, late or in any order (stream, answer of a request, next page): the result is the same.
 */
import type { InfiniteData } from '@tanstack/react-query'
import type { Conversation, Message } from './types'

export interface Page<T> {
  items: T[]
  next_cursor?: string | null
}
export type Pages<T> = InfiniteData<Page<T>, unknown>

/** RFC 3339 in UTC with any number of decimals, as a text that sorts by time: Date.parse would drop the microseconds. */
export function timeKey(time: string): string {
  const [whole = '', fraction = ''] = time.replace(/Z$|\+00:00$/, '').split('.')
  return `${whole}.${fraction.padEnd(9, '0')}`
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Oldest first. */
export function compareMessages(a: Message, b: Message): number {
  return compareText(timeKey(a.ordered_at), timeKey(b.ordered_at)) || compareText(a.id, b.id)
}

/** The latest message first, as the server lists conversations. */
export function compareConversations(a: Conversation, b: Conversation): number {
  return compareText(timeKey(b.last_message_at), timeKey(a.last_message_at)) || compareText(b.id, a.id)
}

/** All messages of the loaded pages, oldest first. */
export function inOrder(data: Pages<Message> | undefined): Message[] {
  if (!data) return []
  const found = new Map<string, Message>()
  for (const page of data.pages) for (const message of page.items) found.set(message.id, message)
  return [...found.values()].sort(compareMessages)
}

/** Rows of the loaded pages, each once. */
export function rowsOf(data: Pages<Conversation> | undefined): Conversation[] {
  if (!data) return []
  const seen = new Set<string>()
  const rows: Conversation[] = []
  for (const page of data.pages) {
    for (const row of page.items) {
      if (seen.has(row.id)) continue
      seen.add(row.id)
      rows.push(row)
    }
  }
  return rows
}

function firstOnly<T>(data: Pages<T>, page: Page<T>): Pages<T> {
  return { pages: [page], pageParams: data.pageParams.slice(0, 1) }
}

/** Replaces rows by id, and puts the others into the newest page, which is sorted newest first. */
function putIn(data: Pages<Message>, fresh: Message[]): Pages<Message> {
  const news = new Map(fresh.map((message) => [message.id, message]))
  const pages = data.pages.map((page) => {
    if (!page.items.some((old) => news.has(old.id))) return page
    const items = page.items.map((old) => {
      const message = news.get(old.id) ?? old
      news.delete(old.id)
      return message
    })
    return { ...page, items }
  })
  const first = pages[0]
  if (first && news.size > 0) {
    const items = [...first.items, ...news.values()].sort((a, b) => compareMessages(b, a))
    pages[0] = { ...first, items }
  }
  return { ...data, pages }
}

/**
 * Takes a page of messages read anew, the newest one or one below it. Where the page does not reach down to what is
 * known, something in between is missing: then only the page stays, and the rest is loaded again by scrolling up.
 */
export function mergeMessages(
  data: Pages<Message> | undefined,
  page: Page<Message>,
): Pages<Message> | undefined {
  if (!data) return undefined
  const known = new Set(data.pages.flatMap((old) => old.items.map((message) => message.id)))
  const touches = page.items.some((message) => known.has(message.id))
  if (page.next_cursor && known.size > 0 && !touches) return firstOnly(data, page)
  return putIn(data, page.items)
}

/** Takes the answer to a sending. A row that is there already was read later than this answer was made: it stays. */
export function addMessage(data: Pages<Message> | undefined, message: Message): Pages<Message> | undefined {
  if (!data) return undefined
  if (data.pages.some((page) => page.items.some((old) => old.id === message.id))) return data
  return putIn(data, [message])
}

/** Takes a row whose state somebody decided (resend, dismiss): newer than any we have. */
export function replaceMessage(
  data: Pages<Message> | undefined,
  message: Message,
): Pages<Message> | undefined {
  return data && putIn(data, [message])
}

/** Of two readings of a conversation the later one. */
export function later(old: Conversation | undefined, fresh: Conversation): Conversation {
  if (!old) return fresh
  return compareText(timeKey(old.changed_at), timeKey(fresh.changed_at)) > 0 ? old : fresh
}

/**
 * Takes what the server answered when asked for `asked` under this list's filters: who is in the answer is put where
 * it belongs now, who is not has left the list.
 */
export function mergeConversations(
  data: Pages<Conversation> | undefined,
  asked: ReadonlySet<string>,
  fresh: Conversation[],
): Pages<Conversation> | undefined {
  if (!data) return undefined
  const old = new Map(rowsOf(data).map((row) => [row.id, row]))
  const seen = new Set<string>()
  const pages = data.pages.map((page) => ({
    ...page,
    items: page.items.filter((row) => {
      if (asked.has(row.id) || seen.has(row.id)) return false
      seen.add(row.id)
      return true
    }),
  }))
  const more = Boolean(pages.at(-1)?.next_cursor)
  for (const answer of fresh) {
    if (!asked.has(answer.id)) continue
    const row = later(old.get(answer.id), answer)
    // In the first page that reaches further down than the row. Below the last loaded row it comes with the next page.
    let at = pages.findIndex((page) => {
      const last = page.items.at(-1)
      return last !== undefined && compareConversations(row, last) < 0
    })
    if (at < 0) {
      if (more && !old.has(row.id)) continue
      at = pages.length - 1
    }
    const page = pages[at]
    if (page) pages[at] = { ...page, items: [...page.items, row].sort(compareConversations) }
  }
  return { ...data, pages }
}

/** Changes one row where it stands, for what is shown before the server has answered. */
export function patchConversation(
  data: Pages<Conversation> | undefined,
  id: string,
  change: (row: Conversation) => Conversation,
): Pages<Conversation> | undefined {
  if (!data?.pages.some((page) => page.items.some((row) => row.id === id))) return data
  const pages = data.pages.map((page) => ({
    ...page,
    items: page.items.map((row) => (row.id === id ? change(row) : row)),
  }))
  return { ...data, pages }
}

/** Keeps the first pages: asking for two hundred pages again because one row changed helps nobody. */
export function firstPages<T>(data: Pages<T> | undefined, count: number): Pages<T> | undefined {
  if (!data || data.pages.length <= count) return data
  return { pages: data.pages.slice(0, count), pageParams: data.pageParams.slice(0, count) }
}
