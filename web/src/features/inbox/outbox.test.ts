import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/client'
import { createOutbox, type OutboxItem, type Outgoing } from './outbox'
import { message } from './test-data'
import type { Message } from './types'

const reply = (text: string, conversationId = 'c1'): Outgoing => ({
  organizationId: 'o',
  conversationId,
  kind: 'reply',
  text,
  takeOver: false,
})
const offline = () => new ApiError({ status: 0, code: 'network' })
const states = (items: readonly OutboxItem[]) => items.map((item) => item.state)

/** A server that stores one message per client id, and loses answers when told to. */
function fakeServer() {
  const stored = new Map<string, Message>()
  const server = {
    stored,
    calls: [] as string[],
    fail: null as (() => Error) | null,
    loseAnswer: false,
    async send(item: OutboxItem): Promise<Message> {
      server.calls.push(item.clientId)
      await Promise.resolve()
      if (server.fail) throw server.fail()
      const known =
        stored.get(item.clientId) ?? message(stored.size + 1, { client_id: item.clientId, text: item.text })
      stored.set(item.clientId, known)
      if (server.loseAnswer) throw offline()
      return known
    },
  }
  return server
}

function setUp() {
  const server = fakeServer()
  const shown: Message[] = []
  let next = 0
  const outbox = createOutbox({
    send: server.send,
    stored: (_item, sent) => shown.push(sent),
    newId: () => {
      next += 1
      return `id-${next}`
    },
  })
  return { server, shown, outbox }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})
const settle = () => vi.advanceTimersByTimeAsync(0)

describe('outbox', () => {
  it('sends in the order of writing, one at a time, and forgets what the server has', async () => {
    const { server, shown, outbox } = setUp()
    outbox.add(reply('one'))
    outbox.add(reply('two'))
    expect(states(outbox.of('c1'))).toEqual(['sending', 'queued'])
    await settle()
    expect(shown.map((sent) => sent.text)).toEqual(['one', 'two'])
    expect(server.calls).toEqual(['id-1', 'id-2'])
    expect(outbox.size()).toBe(0)
  })

  it('waits while there is no network and goes on by itself, in order', async () => {
    const { server, shown, outbox } = setUp()
    server.fail = offline
    outbox.add(reply('one'))
    await settle()
    outbox.add(reply('two'))
    expect(states(outbox.of('c1'))).toEqual(['waiting', 'waiting'])
    server.fail = null
    await vi.advanceTimersByTimeAsync(1000)
    expect(shown.map((sent) => sent.text)).toEqual(['one', 'two'])
  })

  it('is tried at once when the network is back', async () => {
    const { server, shown, outbox } = setUp()
    server.fail = offline
    outbox.add(reply('one'))
    await vi.advanceTimersByTimeAsync(60_000)
    server.fail = null
    outbox.kick()
    await settle()
    expect(shown).toHaveLength(1)
  })

  it('cannot send twice when the answer was lost: the same client id goes again', async () => {
    const { server, shown, outbox } = setUp()
    server.loseAnswer = true
    outbox.add(reply('one'))
    await vi.advanceTimersByTimeAsync(3000)
    expect(server.calls.length).toBeGreaterThan(1)
    server.loseAnswer = false
    outbox.kick()
    await settle()
    expect(new Set(server.calls)).toEqual(new Set(['id-1']))
    expect(server.stored.size).toBe(1)
    expect(shown).toHaveLength(1)
  })

  it('leaves a refused message to its writer; retry keeps the client id, others go on', async () => {
    const { server, shown, outbox } = setUp()
    server.fail = () => new ApiError({ status: 409, code: 'window_closed' })
    outbox.add(reply('one'))
    await settle()
    const [failed] = outbox.of('c1')
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'window_closed' } })
    await vi.advanceTimersByTimeAsync(120_000)
    expect(server.calls).toHaveLength(1)
    server.fail = null
    outbox.add(reply('two'))
    await settle()
    expect(shown.map((sent) => sent.text)).toEqual(['two'])
    outbox.retry('id-1')
    await settle()
    expect(server.calls).toEqual(['id-1', 'id-2', 'id-1'])
    expect(outbox.size()).toBe(0)
  })

  it('waits as long as the server says when it is busy', async () => {
    const { server, outbox } = setUp()
    server.fail = () => new ApiError({ status: 429, code: 'rate_limited', retryAfter: 20 })
    outbox.add(reply('one'))
    await vi.advanceTimersByTimeAsync(19_000)
    expect(server.calls).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(2000)
    expect(server.calls).toHaveLength(2)
  })

  it('gives up only what is not on its way', async () => {
    const { server, outbox } = setUp()
    outbox.add(reply('one'))
    outbox.remove('id-1')
    expect(outbox.size()).toBe(1)
    await settle()
    expect(server.stored.size).toBe(1)
    server.fail = offline
    outbox.add(reply('two'))
    await settle()
    outbox.remove('id-2')
    expect(outbox.of('c1')).toEqual([])
  })

  it('shows nothing of a person who has signed out', async () => {
    const { shown, outbox } = setUp()
    outbox.add(reply('one'))
    outbox.clear()
    await settle()
    expect(shown).toEqual([])
    expect(outbox.of('c1')).toEqual([])
  })
})
