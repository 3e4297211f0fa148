import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { client } from '@/api/client'
import { type FakeLocks, forgetFakeTabs, useFakeTabs } from '@/test/fake-tabs'
import { type LiveConnection, type LiveEvent, type LiveStatus, openLive } from './live'

/** One connection as the server sees it. */
interface Line {
  lastEventId: string | null
  say(event: string | undefined, data: unknown, id?: string): void
  hangUp(): void
  open: boolean
}

const LOCK = 'banglachat-events-org-user'
const T1 = { conversation_id: 'c1', changed_at: '2026-01-01T00:00:00Z' }
let lines: Line[]
let locks: FakeLocks
let tabs: { close(): void }[]

function line(at = lines.length - 1): Line {
  const found = lines[at]
  if (!found) throw new Error(`no connection ${at}`)
  return found
}

function tab() {
  const events: LiveEvent[] = []
  const statuses: LiveStatus[] = []
  const live: LiveConnection = openLive('org', 'user', {
    onEvent: (event) => events.push(event),
    onStatus: (status) => statuses.push(status),
  })
  tabs.push(live)
  return { live, events, statuses, names: () => events.map((event) => event.name) }
}

const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms)

beforeEach(() => {
  vi.useFakeTimers()
  vi.setSystemTime(new Date('2026-01-01T00:00:00Z'))
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  locks = useFakeTabs()
  lines = []
  tabs = []
  vi.spyOn(client.sse, 'get').mockImplementation((async (options: {
    headers: Record<string, string>
    signal: AbortSignal
    onSseEvent(event: { event?: string; data: unknown; id?: string }): void
  }) => {
    let hangUp = () => {}
    const over = new Promise<void>((resolve) => {
      hangUp = resolve
    })
    const made: Line = {
      lastEventId: options.headers['Last-Event-ID'] ?? null,
      say: (event, data, id) => options.onSseEvent({ event, data, id }),
      hangUp: () => {
        made.open = false
        hangUp()
      },
      open: true,
    }
    options.signal.addEventListener('abort', made.hangUp)
    lines.push(made)
    return {
      stream: (async function* () {
        await over
        yield* []
      })(),
    }
  }) as unknown as typeof client.sse.get)
})

afterEach(() => {
  for (const opened of tabs) opened.close()
  forgetFakeTabs()
  vi.useRealTimers()
})

describe('one tab', () => {
  it('is live at the first word of the server and passes events on', async () => {
    const { events, statuses } = tab()
    await wait(0)
    expect(line().lastEventId).toBeNull()
    line().say('hello', { server_time: 'x' })
    line().say('conversation', T1, '7')
    expect(statuses.at(-1)?.state).toBe('live')
    expect(events).toEqual([{ name: 'conversation', data: T1 }])
  })

  it('keeps unknown events and heartbeats to itself', async () => {
    const { events } = tab()
    await wait(0)
    line().say('something_new', {})
    line().say(undefined, undefined)
    expect(events).toEqual([])
  })

  it('comes back after a second where it was when the server hangs up', async () => {
    const { statuses } = tab()
    await wait(0)
    line().say('conversation', T1, '7')
    await wait(6000)
    line().say(undefined, undefined)
    const heard = Date.now()
    line().hangUp()
    await wait(0)
    expect(statuses.at(-1)).toEqual({ state: 'down', since: heard })
    await wait(999)
    expect(lines).toHaveLength(1)
    await wait(1)
    expect(lines).toHaveLength(2)
    expect(line().lastEventId).toBe('7')
    line().say('hello', {})
    expect(statuses.at(-1)?.state).toBe('live')
  })

  it('waits longer after each failure, 30 s at most, and not at all once the network is back', async () => {
    tab()
    await wait(0)
    const waits: number[] = []
    for (let failure = 0; failure < 6; failure++) {
      const before = Date.now()
      const made = lines.length
      line().hangUp()
      while (lines.length === made) await wait(500)
      waits.push(Date.now() - before)
    }
    expect(waits).toEqual([2000, 4000, 8000, 15_000, 30_000, 30_000])
    line().hangUp()
    await wait(100)
    window.dispatchEvent(new Event('online'))
    await wait(0)
    expect(lines).toHaveLength(8)
  })

  it('takes a line that was silent for 45 s for dead', async () => {
    const { statuses } = tab()
    await wait(0)
    line().say('hello', {})
    await wait(44_000)
    line().say(undefined, undefined)
    await wait(44_900)
    expect(line(0).open).toBe(true)
    await wait(200)
    expect(line(0).open).toBe(false)
    expect(statuses.at(-1)?.state).toBe('down')
    await wait(2000)
    expect(lines).toHaveLength(2)
  })

  it('asks for everything again when the first connection came late, for it starts at "now"', async () => {
    const { names } = tab()
    await wait(0)
    line().hangUp()
    await wait(3000)
    expect(line().lastEventId).toBeNull()
    line().say('hello', {})
    expect(names()).toEqual(['resync'])
    line().say(undefined, undefined)
    expect(names()).toEqual(['resync'])
  })

  it('asks for everything again after the device slept', async () => {
    const { names } = tab()
    await wait(0)
    line().say('hello', {})
    vi.setSystemTime(Date.now() + 5 * 60_000)
    await wait(5000)
    expect(names()).toContain('resync')
  })

  it('says nothing more once closed, and lets the lock go', async () => {
    const { live, events, statuses } = tab()
    await wait(0)
    const said = statuses.length
    live.close()
    line().say('conversation', T1, '7')
    await wait(60_000)
    expect(events).toEqual([])
    expect(statuses).toHaveLength(said)
    expect(lines).toHaveLength(1)
    expect(locks.held(LOCK)).toBe(false)
  })
})

describe('several tabs', () => {
  it('share one connection', async () => {
    const [first, second] = [tab(), tab()]
    await wait(0)
    expect(lines).toHaveLength(1)
    line().say('conversation', T1, '7')
    expect(first.events).toEqual(second.events)
    expect(second.statuses.at(-1)?.state).toBe('live')
    line().hangUp()
    await wait(0)
    expect(second.statuses.at(-1)?.state).toBe('down')
  })

  it('hand over: the follower goes on where the leader was', async () => {
    const [first, second] = [tab(), tab()]
    await wait(0)
    line().say('conversation', T1, '7')
    first.live.close()
    await wait(0)
    expect(lines).toHaveLength(2)
    expect(line().lastEventId).toBe('7')
    line().say('account', { account_id: 'a' }, '8')
    expect(second.names()).toEqual(['conversation', 'account'])
    expect(first.names()).toEqual(['conversation'])
  })

  it('hand over: a follower that has heard no id yet asks for everything again', async () => {
    const first = tab()
    await wait(0)
    line().say('conversation', T1, '7')
    const second = tab()
    await wait(10_000)
    first.live.close()
    await wait(0)
    line().say('hello', {})
    expect(second.names()).toEqual(['resync'])
  })

  it('a tab takes the lock from one that is frozen; the robbed one stops reading and follows', async () => {
    const [frozen, second] = [tab(), tab()]
    await wait(0)
    line().say('conversation', T1, '7')
    // Frozen: the leader's connection is dead, its own timers do not run, and its words reach nobody.
    vi.clearAllTimers()
    second.live.close()
    const third = tab()
    await wait(60_000)
    await wait(5000)
    expect(lines).toHaveLength(2)
    expect(line(0).open).toBe(false)
    line().say('account', { account_id: 'a' }, '8')
    expect(frozen.names()).toContain('account')
    expect(third.names()).toContain('account')
    expect(locks.waiting(LOCK)).toBe(2)
    third.live.close()
    await wait(0)
    expect(lines).toHaveLength(3)
    expect(line().lastEventId).toBe('8')
  })
})
