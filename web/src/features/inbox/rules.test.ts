import { describe, expect, it } from 'vitest'
import { FAILURE_KINDS, failureKind, fixedAtAccount, worthRetrying } from './failures'
import { isWorthSound } from './notifications'
import type { OutboxItem } from './outbox'
import { present } from './presence'
import { canReply, fromDhakaInput, isSnoozed, ownerOf, replyWindow, snoozeChoices } from './rules'
import { inboxSearch } from './search'
import { at, conversation, message, USER } from './test-data'
import { threadRows } from './thread-rows'

const NOW = Date.parse('2026-11-23T12:00:00Z')
const hours = (n: number) => new Date(NOW + n * 3_600_000).toISOString()

describe('who owns a conversation', () => {
  it.each([
    [{ state: 'on' }, 'ai'],
    [{ state: 'off' }, 'human'],
    [{ state: 'paused', paused_until: hours(1) }, 'human'],
    [{ state: 'paused', paused_until: hours(-1) }, 'ai'],
  ])('%j: %s', (ai, owner) => {
    expect(ownerOf({ ai }, NOW)).toBe(owner)
  })
})

describe('reply window', () => {
  const windows = (ai: number | null, human: number | null) => ({
    window_ends_at: ai === null ? null : hours(ai),
    human_window_ends_at: human === null ? null : hours(human),
  })
  it.each([
    [windows(20, 160), 'open', true],
    [windows(-1, 100), 'human_only', true],
    [windows(-100, -1), 'closed', false],
    [windows(null, null), 'none', false],
  ])('%j: %s', (window, state, possible) => {
    expect(replyWindow(window, NOW).state).toBe(state)
    expect(canReply(window, undefined, NOW)).toBe(possible)
  })
  it('says when it ends soon', () => {
    expect(replyWindow(windows(3, 3), NOW)).toMatchObject({ endsSoon: true })
    expect(replyWindow(windows(5, 5), NOW)).toMatchObject({ endsSoon: false })
  })
  it('is shut by a disconnected account', () => {
    expect(canReply(windows(20, 20), { health: 'disconnected' }, NOW)).toBe(false)
  })
})

describe('snooze', () => {
  it('offers tomorrow at nine in Dhaka, also late at night', () => {
    const late = Date.parse('2026-11-23T17:30:00Z') // 23:30 in Dhaka
    const early = Date.parse('2026-11-23T18:30:00Z') // 00:30 on the 24th in Dhaka
    const tomorrow = (now: number) =>
      snoozeChoices(now)
        .find((choice) => choice.id === 'tomorrow')
        ?.until.toISOString()
    expect(tomorrow(late)).toBe('2026-11-24T03:00:00.000Z')
    expect(tomorrow(early)).toBe('2026-11-25T03:00:00.000Z')
  })
  it('reads an input as a time in Dhaka', () => {
    expect(fromDhakaInput('2026-11-24T09:00')?.toISOString()).toBe('2026-11-24T03:00:00.000Z')
    expect(fromDhakaInput('')).toBeNull()
  })
  it('is over when its time has come', () => {
    expect(isSnoozed({ snoozed_until: hours(1) }, NOW)).toBe(true)
    expect(isSnoozed({ snoozed_until: hours(-1) }, NOW)).toBe(false)
  })
})

describe('failures', () => {
  it.each([
    ['131047', 'window'],
    ['100/2534022', 'window'],
    ['10/2018278', 'window'],
    ['window_closed', 'window'],
    ['190/463', 'token'],
    ['190', 'token'],
    ['200', 'permission'],
    ['1/99', 'permission'],
    ['368', 'blocked'],
    ['131042', 'payment'],
    ['133010', 'number'],
    ['131037', 'display_name'],
    ['551', 'person'],
    ['131026', 'person'],
    ['131030', 'test_number'],
    ['10/2018300', 'thread'],
    ['100', 'content'],
    ['133008', 'content'],
    ['10900', 'private_reply'],
    ['131049', 'opted_out'],
    ['132001', 'template'],
    ['80004', 'busy'],
    ['131056', 'busy'],
    ['account_disconnected', 'disconnected'],
    ['too_many_attempts', 'gave_up'],
    ['part_failed', 'part'],
    ['999999', 'undelivered'],
    ['131000', 'undelivered'],
  ])('%s of a failed message: %s', (code, kind) => {
    expect(failureKind(code, 'failed')).toBe(kind)
  })
  it('is not confirmed while nobody knows, whatever the code', () => {
    for (const code of ['no_answer', 'http 502', '190', ''])
      expect(failureKind(code, 'unknown')).toBe('not_confirmed')
  })
  it('sends to the account what is put right there, and does not offer what cannot help', () => {
    expect(FAILURE_KINDS.filter(fixedAtAccount)).toEqual([
      'token',
      'permission',
      'blocked',
      'payment',
      'number',
      'display_name',
      'disconnected',
      'gave_up',
    ])
    expect(worthRetrying('window')).toBe(false)
    expect(worthRetrying('token')).toBe(true)
  })
})

describe('filters in the URL', () => {
  it('drops what makes no sense', () => {
    expect(inboxSearch({ tab: 'x', q: '  ', platform: 'fax', account: '1', unread: 'no' })).toEqual({})
  })
  it('keeps what does', () => {
    const search = { tab: 'mine', q: 'দাম', platform: 'facebook', account: USER, unread: true, assignee: USER }
    expect(inboxSearch(search)).toEqual(search)
  })
})

describe('rows of a thread', () => {
  const item = (clientId: string): OutboxItem => ({
    clientId,
    organizationId: 'o',
    conversationId: 'c',
    kind: 'reply',
    text: 'hello',
    takeOver: false,
    createdAt: at(10),
    state: 'sending',
    error: null,
  })
  it('shows a message once when the stream brings it before the answer', () => {
    const own = message(9, { author: 'human', client_id: 'x', author_user_id: USER })
    const rows = threadRows([message(1), own], [item('x'), item('y')], USER)
    expect(rows.map((row) => row.key)).toEqual([message(1).id, 'x', 'y'])
    // The same key: React keeps the bubble when the server's row takes its place.
    expect(threadRows([message(1)], [item('x')], USER).map((row) => row.key)).toEqual([message(1).id, 'x'])
  })
  it('marks days of Dhaka and who begins to speak', () => {
    const rows = threadRows(
      [
        message(1, { ordered_at: '2026-11-22T17:59:00Z' }),
        message(2, { ordered_at: '2026-11-22T18:01:00Z' }),
        message(3, { ordered_at: '2026-11-22T18:02:00Z' }),
        message(4, { ordered_at: '2026-11-22T18:03:00Z', author: 'agent' }),
      ],
      [],
      USER,
    )
    expect(rows.map((row) => row.day !== null)).toEqual([true, true, false, false])
    expect(rows.map((row) => row.kind === 'message' && row.first)).toEqual([true, true, false, true])
  })
})

describe('others at the same conversation', () => {
  it('are forgotten when nothing is heard', () => {
    const others = new Map([
      ['a', { name: 'Rahima', typing: true, at: NOW - 1000 }],
      ['b', { name: 'Karim', typing: true, at: NOW - 10_000 }],
      ['c', { name: 'Sadia', typing: false, at: NOW - 60_000 }],
    ])
    expect(present(others, NOW)).toEqual({ typing: ['Rahima'], viewing: ['Karim'] })
  })
})

describe('sound', () => {
  const since = NOW - 60_000
  const waiting = conversation(1, {
    unread_count: 2,
    needs_human: true,
    assignee_id: USER,
    last_customer_message_at: new Date(NOW - 1000).toISOString(),
  })
  it.each([
    ['a new message of mine', waiting, 1, 'mine', true],
    ['nothing new', waiting, 2, 'mine', false],
    ["somebody else's", { ...waiting, assignee_id: 'other' }, 1, 'mine', false],
    ["somebody else's, all", { ...waiting, assignee_id: 'other' }, 1, 'all', true],
    ['switched off', waiting, 1, 'off', false],
    ['the AI answers', { ...waiting, needs_human: false, ai: { state: 'on' } }, 1, 'all', false],
    ['first heard of, just written', waiting, undefined, 'all', true],
    ['first heard of, old', { ...waiting, last_customer_message_at: at(-600) }, undefined, 'all', false],
  ] as const)('%s', (_what, row, known, sound, rings) => {
    expect(isWorthSound(row, known, sound, USER, since, NOW)).toBe(rings)
  })
})
