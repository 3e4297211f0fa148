import { describe, expect, it } from 'vitest'
import {
  addMessage,
  compareConversations,
  compareMessages,
  firstPages,
  inOrder,
  mergeConversations,
  mergeMessages,
  type Pages,
  patchConversation,
  rowsOf,
  timeKey,
} from './cache'
import { at, conversation, message, randomOf, shuffled } from './test-data'
import type { Conversation, Message } from './types'

function pagesOf<T>(lists: T[][], more: boolean): Pages<T> {
  return {
    pages: lists.map((items, index) => ({
      items,
      next_cursor: index < lists.length - 1 || more ? `cursor-${index + 1}` : null,
    })),
    pageParams: lists.map((_, index) => (index === 0 ? '' : `cursor-${index}`)),
  }
}

const newestFirst = (numbers: number[]) => numbers.map((n) => message(n))
const ids = (rows: { id: string }[]) => rows.map((row) => row.id)

describe('time of rows', () => {
  it('keeps microseconds apart, with or without decimals', () => {
    const times = ['2026-11-23T06:00:00Z', '2026-11-23T06:00:00.000001Z', '2026-11-23T06:00:00.1Z']
    expect([...times].reverse().sort((a, b) => (timeKey(a) < timeKey(b) ? -1 : 1))).toEqual(times)
  })
})

describe('messages of a thread', () => {
  it('puts new ones in order and replaces known ones', () => {
    const data = pagesOf([newestFirst([4, 3]), newestFirst([2, 1])], false)
    const merged = mergeMessages(data, {
      items: [message(5), message(4, { state: 'sent' }), message(3)],
      next_cursor: 'x',
    })
    expect(inOrder(merged).map((m) => m.text)).toEqual([1, 2, 3, 4, 5].map((n) => `message ${n}`))
    expect(inOrder(merged)[3]?.state).toBe('sent')
    expect(merged?.pages.at(-1)?.next_cursor).toBeNull()
  })

  it('starts anew when something between is missing', () => {
    const data = pagesOf([newestFirst([2, 1])], false)
    const merged = mergeMessages(data, { items: newestFirst([60, 59]), next_cursor: 'below-59' })
    expect(ids(inOrder(merged))).toEqual(ids([message(59), message(60)]))
    expect(merged?.pages).toHaveLength(1)
    expect(merged?.pages[0]?.next_cursor).toBe('below-59')
  })

  it('does not let the answer to a sending overwrite what was read later', () => {
    const data = pagesOf([[message(1, { state: 'sent', client_id: 'c' })]], false)
    expect(addMessage(data, message(1, { state: 'queued', client_id: 'c' }))).toBe(data)
  })

  it('is the same whatever the order in which pages and answers arrive', () => {
    const all = Array.from({ length: 40 }, (_, n) => message(n, { ordered_at: at(Math.floor(n / 3)) }))
    const expected = [...all].sort(compareMessages)
    for (let seed = 1; seed <= 50; seed += 1) {
      const random = randomOf(seed)
      let data: Pages<Message> | undefined = pagesOf([[...expected].slice(0, 10).reverse()], false)
      // Every window of the newest messages at some moment, and single answers, in any order and more than once.
      const windows = shuffled(
        Array.from({ length: 30 }, () => Math.floor(random() * 30)),
        random,
      )
      for (const from of windows) {
        const items = expected.slice(from, from + 12).reverse()
        data = random() < 0.5 ? mergeMessages(data, { items, next_cursor: null }) : data
        const one = expected[Math.floor(random() * expected.length)]
        if (one) data = addMessage(data, one)
      }
      data = mergeMessages(data, { items: [...expected].reverse(), next_cursor: null })
      expect(ids(inOrder(data)), `seed ${seed}`).toEqual(ids(expected))
      const shown = data?.pages.flatMap((page) => page.items) ?? []
      expect(new Set(ids(shown)).size, `seed ${seed}`).toBe(shown.length)
    }
  })
})

describe('list of conversations', () => {
  const list = (numbers: number[]) => numbers.map((n) => conversation(n))

  it('moves a row up, adds a new one and drops the one that has left', () => {
    const data = pagesOf([list([5, 4, 3]), list([2, 1])], false)
    const moved = conversation(2, { last_message_at: at(9), changed_at: at(9) })
    const merged = mergeConversations(data, new Set([moved.id, conversation(4).id, conversation(8).id]), [
      conversation(8),
      moved,
    ])
    expect(ids(rowsOf(merged))).toEqual(ids(list([2, 8, 5, 3, 1])))
  })

  it('leaves a row below the loaded ones to the next page', () => {
    const data = pagesOf([list([5, 4])], true)
    const merged = mergeConversations(data, new Set([conversation(1).id]), [conversation(1)])
    expect(ids(rowsOf(merged))).toEqual(ids(list([5, 4])))
    const last = mergeConversations(pagesOf([list([5, 4])], false), new Set([conversation(1).id]), [
      conversation(1),
    ])
    expect(ids(rowsOf(last))).toEqual(ids(list([5, 4, 1])))
  })

  it('keeps the later of two readings', () => {
    const data = pagesOf([[conversation(1, { unread_count: 0, changed_at: at(9) })]], false)
    const stale = conversation(1, { unread_count: 3, changed_at: at(5) })
    expect(rowsOf(mergeConversations(data, new Set([stale.id]), [stale]))[0]?.unread_count).toBe(0)
  })

  it('fills an empty list', () => {
    const merged = mergeConversations(pagesOf<Conversation>([[]], false), new Set([conversation(1).id]), [
      conversation(1),
    ])
    expect(rowsOf(merged)).toHaveLength(1)
  })

  it('ends up as the server has it, whatever the order of the news', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const random = randomOf(seed)
      const truth = new Map(list([1, 2, 3, 4, 5, 6, 7, 8, 9]).map((row) => [row.id, row]))
      const start = [...truth.values()].sort(compareConversations)
      let data: Pages<Conversation> | undefined = pagesOf([start.slice(0, 4), start.slice(4)], false)
      const changes: Conversation[] = []
      for (let step = 10; step < 40; step += 1) {
        const n = 1 + Math.floor(random() * 12)
        const row = conversation(n, { last_message_at: at(step), changed_at: at(step), unread_count: step })
        truth.set(row.id, row)
        changes.push(row)
      }
      // Answers overtake each other; the last question asks for everything once more, as the refresher does.
      for (const row of shuffled(changes, random)) data = mergeConversations(data, new Set([row.id]), [row])
      const expected = [...truth.values()].sort(compareConversations)
      expect(ids(rowsOf(data)), `seed ${seed}`).toEqual(ids(expected))
      expect(rowsOf(data).map((row) => row.unread_count)).toEqual(expected.map((row) => row.unread_count))
    }
  })

  it('changes one row in place, and nothing where it is not', () => {
    const data = pagesOf([list([2, 1])], false)
    const patched = patchConversation(data, conversation(1).id, (row) => ({ ...row, status: 'resolved' }))
    expect(rowsOf(patched).map((row) => row.status)).toEqual(['open', 'resolved'])
    expect(patchConversation(data, conversation(7).id, (row) => row)).toBe(data)
  })

  it('keeps the first pages with their cursors', () => {
    const data = pagesOf([list([4]), list([3]), list([2])], true)
    const kept = firstPages(data, 2)
    expect(kept?.pages.at(-1)?.next_cursor).toBe('cursor-2')
    expect(kept?.pageParams).toHaveLength(2)
  })
})
