/**
 * Unsent text, per organization, conversation and user, kept in IndexedDB so that neither a crash nor a new version
 * loses it. Where IndexedDB is missing or refuses (private windows, full disk) the drafts live in memory.
 */
import { useCallback, useSyncExternalStore } from 'react'

export type DraftId = { org: string; conversation: string; user: string }
/** A note must never come back as a reply to the customer: the mode is part of the draft. */
export type DraftMode = 'reply' | 'note'
export type Draft = DraftId & { text: string; mode: DraftMode; updatedAt: number }

type Row = Draft & { key: string }
type Store = {
  get(key: string): Promise<Row | undefined>
  put(row: Row): Promise<void>
  delete(key: string): Promise<void>
  all(): Promise<Row[]>
}

const SAVE_AFTER_MS = 300
const keyOf = (id: DraftId) => JSON.stringify([id.org, id.conversation, id.user])

function memoryStore(): Store {
  const rows = new Map<string, Row>()
  return {
    get: async (key) => rows.get(key),
    put: async (row) => void rows.set(row.key, row),
    delete: async (key) => void rows.delete(key),
    all: async () => [...rows.values()],
  }
}

function request<T>(start: () => IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const req = start()
    req.onsuccess = () => resolve(req.result)
    req.onerror = () => reject(req.error)
  })
}

async function openStore(factory: IDBFactory): Promise<Store> {
  const db = await new Promise<IDBDatabase>((resolve, reject) => {
    const req = factory.open('banglachat-drafts', 1)
    req.onupgradeneeded = () => req.result.createObjectStore('drafts', { keyPath: 'key' })
    req.onsuccess = () => resolve(req.result)
    req.onerror = () => reject(req.error)
    req.onblocked = () => reject(new Error('blocked'))
  })
  // Another tab with a newer version wants to upgrade: let it.
  db.onversionchange = () => db.close()
  const table = (mode: IDBTransactionMode) => db.transaction('drafts', mode).objectStore('drafts')
  return {
    get: (key) => request<Row | undefined>(() => table('readonly').get(key)),
    put: async (row) => void (await request(() => table('readwrite').put(row))),
    delete: async (key) => void (await request(() => table('readwrite').delete(key))),
    all: () => request<Row[]>(() => table('readonly').getAll()),
  }
}

/** One set of drafts; the app uses `drafts` below, tests make their own. */
export function createDrafts(factory: IDBFactory | undefined) {
  const memory = memoryStore()
  let opened: Promise<Store> | undefined
  const waiting = new Map<string, { row: Row; timer: ReturnType<typeof setTimeout> }>()
  /** Conversations with a draft, by org and user, for the list; filled by `list`. */
  const known = new Map<string, ReadonlySet<string>>()
  const listeners = new Set<() => void>()

  const scope = (org: string, user: string) => JSON.stringify([org, user])

  const store = () => {
    opened ??= factory ? openStore(factory).catch(() => memory) : Promise.resolve(memory)
    return opened
  }
  /** Runs on the database; when it fails (closed, over quota), on memory from then on. */
  const run = async <T>(work: (s: Store) => Promise<T>): Promise<T> => {
    try {
      return await work(await store())
    } catch {
      opened = Promise.resolve(memory)
      return work(memory)
    }
  }
  const mark = (id: DraftId, has: boolean) => {
    const at = scope(id.org, id.user)
    const before = known.get(at) ?? new Set<string>()
    if (before.has(id.conversation) === has) return
    const next = new Set(before)
    if (has) next.add(id.conversation)
    else next.delete(id.conversation)
    known.set(at, next)
    for (const listener of listeners) listener()
  }
  const drop = (key: string) => {
    const pending = waiting.get(key)
    if (pending) clearTimeout(pending.timer)
    waiting.delete(key)
  }
  const write = (row: Row) => {
    drop(row.key)
    return run((s) => s.put(row))
  }

  /** Takes the draft away: after sending, or when the text was emptied. */
  const remove = async (id: DraftId): Promise<void> => {
    const key = keyOf(id)
    drop(key)
    mark(id, false)
    await run((s) => s.delete(key))
  }

  return {
    /** Saves 300 ms after the last call for the same conversation; blank text removes the draft. */
    save(id: DraftId, text: string, mode: DraftMode = 'reply'): void {
      if (text.trim() === '') {
        void remove(id)
        return
      }
      const key = keyOf(id)
      drop(key)
      mark(id, true)
      const { org, conversation, user } = id
      const row: Row = { key, org, conversation, user, text, mode, updatedAt: Date.now() }
      waiting.set(key, { row, timer: setTimeout(() => void write(row), SAVE_AFTER_MS) })
    },

    /** The draft, including one that is still waiting to be written. */
    async load(id: DraftId): Promise<Draft | null> {
      const key = keyOf(id)
      return waiting.get(key)?.row ?? (await run((s) => s.get(key))) ?? null
    },

    remove,

    /** Ids of the conversations with a draft of this user. */
    async list(org: string, user: string): Promise<string[]> {
      const rows = new Map((await run((s) => s.all())).map((row) => [row.key, row]))
      for (const { row } of waiting.values()) rows.set(row.key, row)
      const ids = [...rows.values()]
        .filter((r) => r.org === org && r.user === user)
        .map((r) => r.conversation)
      known.set(scope(org, user), new Set(ids))
      for (const listener of listeners) listener()
      return ids
    },

    /** Removes every draft of a user, in all organizations: sign-out. */
    async clearUser(user: string): Promise<void> {
      for (const [key, { row }] of waiting) if (row.user === user) drop(key)
      for (const at of known.keys()) {
        const parts: unknown = JSON.parse(at)
        if (Array.isArray(parts) && parts[1] === user) known.delete(at)
      }
      const rows = (await run((s) => s.all())).filter((row) => row.user === user)
      await Promise.all(rows.map((row) => run((s) => s.delete(row.key))))
      for (const listener of listeners) listener()
    },

    /** Writes at once what is still waiting: the page is going away. */
    async flush(): Promise<void> {
      await Promise.all([...waiting.values()].map(({ row }) => write(row)))
    },

    known: (org: string, user: string): ReadonlySet<string> => known.get(scope(org, user)) ?? none,
    subscribe(listener: () => void): () => void {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
  }
}
const none: ReadonlySet<string> = new Set()

export const drafts = createDrafts(globalThis.indexedDB)

if (typeof document !== 'undefined') {
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') void drafts.flush()
  })
  globalThis.addEventListener('pagehide', () => void drafts.flush())
}

/** Conversations that show "Draft" in the list. Call `drafts.list(org, user)` once per organization to fill it. */
export function useDraftConversations(org: string, user: string): ReadonlySet<string> {
  const get = useCallback(() => drafts.known(org, user), [org, user])
  return useSyncExternalStore(drafts.subscribe, get)
}

/** Sign-out: forgets what this person had not sent. */
export const clearDrafts = (user: string): Promise<void> => drafts.clearUser(user)
