import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ApiError, client } from '@/api/client'
import { askAgent, readEvents, type TrialEvent } from './stream'

const DONE = {
  text: 'ঢাকায় ৬০ টাকা।',
  handoff: null,
  model: 'knowledge',
  prompt_tokens: 10,
  completion_tokens: 5,
  estimated: true,
  cost_usd: 0,
  latency_ms: 12,
  used_fallback: false,
}
const STREAM = [
  ': hello',
  'event: retrieved',
  'data: {"entries":[]}',
  '',
  'event: delta',
  'data: {"text":"ঢাকায় "}',
  '',
  'event: something_new',
  'data: {}',
  '',
  'event: done',
  `data: ${JSON.stringify(DONE)}`,
  '',
  '',
]

const bytes = (text: string) => new TextEncoder().encode(text)

/** A body whose pieces are `size` bytes, so that they end anywhere. */
function body(text: string, size = text.length * 4): ReadableStream<Uint8Array> {
  const all = bytes(text)
  return new ReadableStream({
    start(controller) {
      for (let at = 0; at < all.length; at += size) controller.enqueue(all.slice(at, at + size))
      controller.close()
    },
  })
}

async function read(stream: ReadableStream<Uint8Array>) {
  const events: TrialEvent[] = []
  await readEvents(stream, new AbortController().signal, (event) => events.push(event))
  return events
}

const EVENTS = [
  { name: 'retrieved', data: { entries: [] } },
  { name: 'delta', data: { text: 'ঢাকায় ' } },
  { name: 'done', data: DONE },
]

describe('reading events', () => {
  it.each([
    1, 2, 3, 7, 1000,
  ])('puts pieces of %i bytes together, also within a Bangla character', async (size) => {
    expect(await read(body(STREAM.join('\n'), size))).toEqual(EVENTS)
  })

  it.each([
    ['CRLF', '\r\n', 1],
    ['CRLF', '\r\n', 1000],
    ['CR', '\r', 1],
  ])('ends lines at %s, %#', async (_, end, size) => {
    expect(await read(body(STREAM.join(end), size))).toEqual(EVENTS)
  })

  it('joins several data lines of one event', async () => {
    const events = await read(body('event: delta\ndata: {"text":\ndata: "a"}\n\n'))
    expect(events).toEqual([{ name: 'delta', data: { text: 'a' } }])
  })

  it('calls a line that breaks a network error, after what it has told', async () => {
    const events: TrialEvent[] = []
    let pulled = false
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (pulled) controller.error(new TypeError('connection lost'))
        else controller.enqueue(bytes('event: delta\ndata: {"text":"half"}\n\n'))
        pulled = true
      },
    })
    const reading = readEvents(broken, new AbortController().signal, (event) => events.push(event))
    await expect(reading).rejects.toMatchObject({ code: 'network' })
    expect(events).toEqual([{ name: 'delta', data: { text: 'half' } }])
  })

  it('stops at once when it is told to, and lets the connection go', async () => {
    let cancelled = false
    const open = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytes('event: delta\ndata: {"text":"half"}\n\n')),
      cancel: () => {
        cancelled = true
      },
    })
    const stop = new AbortController()
    const events: TrialEvent[] = []
    const reading = readEvents(open, stop.signal, (event) => {
      events.push(event)
      stop.abort()
    })
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' })
    expect(cancelled).toBe(true)
    expect(events).toHaveLength(1)
  })
})

describe('asking an agent', () => {
  const server = setupServer()
  const url = 'http://localhost/api/v1/organizations/o/agents/a/playground'
  beforeAll(() => {
    client.setConfig({ baseUrl: 'http://localhost' })
    server.listen({ onUnhandledRequest: 'error' })
  })
  afterEach(() => server.resetHandlers())
  afterAll(() => server.close())

  const ask = (onEvent: (event: TrialEvent) => void, signal = new AbortController().signal) =>
    askAgent({
      organizationId: 'o',
      agentId: 'a',
      body: { version: 2, messages: [{ author: 'customer', text: 'delivery charge koto?' }] },
      signal,
      onEvent,
    })

  it('sends the conversation once and tells each event, the error before the fallback too', async () => {
    const asked: unknown[] = []
    server.use(
      http.post(url, async ({ request }) => {
        asked.push(await request.json())
        const failed = `event: error\ndata: {"code":"refused","advice":"x"}\n\nevent: done\ndata: ${JSON.stringify(DONE)}\n\n`
        return new HttpResponse(failed, { headers: { 'Content-Type': 'text/event-stream' } })
      }),
    )
    const events: TrialEvent[] = []
    await ask((event) => events.push(event))
    expect(asked).toEqual([{ version: 2, messages: [{ author: 'customer', text: 'delivery charge koto?' }] }])
    expect(events.map(({ name }) => name)).toEqual(['error', 'done'])
  })

  it('throws why the server refused, with how long to wait', async () => {
    server.use(
      http.post(url, () =>
        HttpResponse.json(
          { type: 'urn:banglachat:problem:rate-limited', title: '', status: 429, detail: '' },
          { status: 429, headers: { 'Retry-After': '3' } },
        ),
      ),
    )
    const refused = await ask(() => undefined).catch((error) => error)
    expect(refused).toBeInstanceOf(ApiError)
    expect(refused).toMatchObject({ code: 'rate_limited', retryAfter: 3 })
  })

  it('takes an answer that ends before it is done for broken', async () => {
    server.use(http.post(url, () => new HttpResponse('event: delta\ndata: {"text":"half"}\n\n')))
    await expect(ask(() => undefined)).rejects.toMatchObject({ code: 'network' })
  })

  it('asks nothing when it was stopped before', async () => {
    const stop = new AbortController()
    stop.abort()
    await expect(ask(() => undefined, stop.signal)).rejects.toMatchObject({ name: 'AbortError' })
  })
})
