import { client } from '@/api/client'

/**
 * Live updates: one stream of server-sent events per browser and organization. The tab that holds the Web Lock reads it
 * and passes every event on by BroadcastChannel; when that tab goes, the next one takes over from the same place.
 */
export type LiveEvent =
  | { name: 'conversation'; data: { conversation_id: string; changed_at: string } }
  | { name: 'account'; data: { account_id: string } }
  | { name: 'platform_app'; data: { platform: string } }
  | { name: 'presence'; data: { conversation_id: string; user_id: string; name: string; typing: boolean } }
  | { name: 'resync'; data: Record<string, never> }
  | { name: 'session_ended'; data: { reason: string } }

/** `since`: when the data on screen was last known to be true, in ms. */
export type LiveStatus = { state: 'connecting' | 'live'; since: number } | { state: 'down'; since: number }

type Signal =
  | { kind: 'event'; event: LiveEvent; id?: string }
  | { kind: 'alive'; id?: string }
  | { kind: 'down' }

/** The server's heartbeat is 15 s; three missed ones mean that the line is dead. */
const SILENCE_MS = 45_000
/** A timer of 5 s that comes this late was asleep; hidden tabs are slowed to one tick a minute. */
const SLEPT_MS = 90_000
/** A stream without a place to resume from starts at "now": what pages loaded longer ago than this may be behind it. */
const LATE_MS = 2000
const BACKOFF_MS = [1000, 2000, 4000, 8000, 15_000, 30_000]
const NAMES = new Set(['conversation', 'account', 'platform_app', 'presence', 'resync', 'session_ended'])

interface ReadOptions {
  organizationId: string
  lastEventId: string | undefined
  signal: AbortSignal
  onSignal(signal: Signal): void
}

/** Reads one connection until it ends, is silent for too long or is aborted. */
async function readOnce({ organizationId, lastEventId, signal, onSignal }: ReadOptions) {
  const connection = new AbortController()
  const abort = () => connection.abort()
  signal.addEventListener('abort', abort)
  let silence = setTimeout(abort, SILENCE_MS)
  try {
    const { stream } = await client.sse.get<Record<string, never>>({
      url: '/api/v1/organizations/{organization_id}/events',
      path: { organization_id: organizationId },
      headers: lastEventId ? { 'Last-Event-ID': lastEventId } : {},
      signal: connection.signal,
      sseMaxRetryAttempts: 1,
      onSseEvent: ({ event, data, id }) => {
        clearTimeout(silence)
        silence = setTimeout(abort, SILENCE_MS)
        if (event && NAMES.has(event))
          onSignal({ kind: 'event', event: { name: event, data } as unknown as LiveEvent, id })
        else onSignal({ kind: 'alive', id })
      },
    })
    for await (const _ of stream);
  } finally {
    clearTimeout(silence)
    signal.removeEventListener('abort', abort)
    connection.abort()
  }
}

/** A pause that ends early when the network or the tab comes back: nobody waits 30 s for a server that is there. */
function pause(ms: number, signal: AbortSignal) {
  return new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer)
      window.removeEventListener('online', done)
      document.removeEventListener('visibilitychange', visible)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const visible = () => document.visibilityState === 'visible' && done()
    const timer = setTimeout(done, ms)
    window.addEventListener('online', done)
    document.addEventListener('visibilitychange', visible)
    signal.addEventListener('abort', done)
  })
}

/** The leader's loop: connects, reads, waits, connects again from where it was. */
async function lead(options: Omit<ReadOptions, 'lastEventId'> & { lastEventId: () => string | undefined }) {
  let failures = 0
  while (!options.signal.aborted) {
    const before = Date.now()
    let heard = false
    try {
      await readOnce({
        ...options,
        lastEventId: options.lastEventId(),
        onSignal: (signal) => {
          heard = true
          options.onSignal(signal)
        },
      })
    } catch {
      // The reason does not matter here: the next try tells whether it is over.
    }
    if (options.signal.aborted) return
    options.onSignal({ kind: 'down' })
    failures = heard && Date.now() - before > 5000 ? 0 : failures + 1
    const base = BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)] ?? 30_000
    await pause(base * (0.75 + Math.random() * 0.5), options.signal)
  }
}

export interface LiveConnection {
  close(): void
}

interface Listeners {
  onEvent(event: LiveEvent): void
  onStatus(status: LiveStatus): void
}

/** Opens the live connection of this tab for one organization. */
export function openLive(organizationId: string, userId: string, listeners: Listeners): LiveConnection {
  const end = new AbortController()
  const name = `banglachat-events-${organizationId}-${userId}`
  const channel = new BroadcastChannel(name)
  const opened = Date.now()
  let lastEventId: string | undefined
  let lastHeard = opened
  let status: LiveStatus['state'] = 'connecting'

  const setStatus = (state: LiveStatus['state']) => {
    if (state === status && state !== 'live') return
    status = state
    listeners.onStatus({ state, since: lastHeard })
  }
  const receive = (signal: Signal) => {
    if (end.signal.aborted) return
    if (signal.kind === 'down') return setStatus('down')
    const wasDown = status !== 'live'
    lastHeard = Date.now()
    if (signal.id) lastEventId = signal.id
    if (wasDown) setStatus('live')
    if (signal.kind === 'event') listeners.onEvent(signal.event)
  }
  channel.addEventListener('message', ({ data }) => receive(data as Signal))

  // How many of this tab's own loops run; a stolen lock may be back before the old loop has noticed that it is over.
  let leading = 0
  const leadUntil = async (stop: AbortSignal) => {
    leading += 1
    let fromNow = true
    await lead({
      organizationId,
      signal: stop,
      lastEventId: () => {
        fromNow = !lastEventId
        return lastEventId
      },
      onSignal: (signal) => {
        if (stop.aborted) return
        const say = (said: Signal) => {
          channel.postMessage(said)
          receive(said)
        }
        say(signal)
        if (fromNow && signal.kind !== 'down') {
          fromNow = false
          if (Date.now() - opened > LATE_MS) say({ kind: 'event', event: { name: 'resync', data: {} } })
        }
      },
    })
    leading -= 1
  }
  // Waits for the lock, or takes it from a tab that sleeps. Who loses it stops reading and waits in line again.
  let inLine = false
  const stand = async (steal: boolean): Promise<void> => {
    if (!('locks' in navigator)) return leadUntil(end.signal)
    if (!steal && inLine) return
    if (!steal) inLine = true
    const mine = new AbortController()
    const stop = AbortSignal.any([end.signal, mine.signal])
    try {
      await navigator.locks.request(name, steal ? { steal: true } : { signal: end.signal }, () => {
        if (!steal) inLine = false
        return leadUntil(stop)
      })
    } catch {
      if (!steal) inLine = false
      mine.abort()
      if (!end.signal.aborted) void stand(false)
    }
  }
  void stand(false)

  let lastTick = Date.now()
  const watch = setInterval(() => {
    const now = Date.now()
    // The device slept or the tab was frozen: what was said meanwhile may not have reached this tab.
    if (now - lastTick > SLEPT_MS) listeners.onEvent({ name: 'resync', data: {} })
    lastTick = now
    if (leading > 0 || now - lastHeard < SILENCE_MS + 15_000) return
    setStatus('down')
    if (document.visibilityState === 'visible') {
      lastHeard = now
      void stand(true)
    }
  }, 5000)

  return {
    close() {
      end.abort()
      clearInterval(watch)
      channel.close()
    },
  }
}
