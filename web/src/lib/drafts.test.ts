import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createDrafts } from './drafts'

/** As much of IndexedDB as drafts.ts uses: asynchronous, keeps copies, and can be told to refuse. */
function fakeIndexedDb() {
  const rows = new Map<string, unknown>()
  const control = { refuseOpen: false, refuseWrite: false, writes: 0 }
  const answer = (work: () => unknown) => {
    const req: Record<string, unknown> = {}
    queueMicrotask(() => {
      try {
        req.result = work()
        ;(req.onsuccess as (() => void) | undefined)?.()
      } catch (error) {
        req.error = error
        ;(req.onerror as (() => void) | undefined)?.()
      }
    })
    return req
  }
  const table = {
    get: (key: string) => answer(() => structuredClone(rows.get(key))),
    getAll: () => answer(() => structuredClone([...rows.values()])),
    put: (row: { key: string }) =>
      answer(() => {
        if (control.refuseWrite) throw new DOMException('full', 'QuotaExceededError')
        control.writes += 1
        rows.set(row.key, structuredClone(row))
      }),
    delete: (key: string) => answer(() => rows.delete(key)),
  }
  const db = { transaction: () => ({ objectStore: () => table }) }
  const factory = {
    open: () =>
      answer(() => {
        if (control.refuseOpen) throw new DOMException('no', 'SecurityError')
        return db
      }),
  }
  return { factory: factory as unknown as IDBFactory, rows, control }
}

const id = (conversation: string, user = 'u1', org = 'o1') => ({ org, conversation, user })

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe.each(['IndexedDB', 'memory', 'refusing to open', 'refusing to write'])('drafts in %s', (kind) => {
  const make = () => {
    const fake = fakeIndexedDb()
    fake.control.refuseOpen = kind === 'refusing to open'
    fake.control.refuseWrite = kind === 'refusing to write'
    return createDrafts(kind === 'memory' ? undefined : fake.factory)
  }

  test('come back as they were written, with their mode', async () => {
    const drafts = make()
    drafts.save(id('c1'), 'দাম কত', 'note')
    await vi.advanceTimersByTimeAsync(300)
    expect(await drafts.load(id('c1'))).toMatchObject({ text: 'দাম কত', mode: 'note' })
    expect(await drafts.load(id('c1', 'u2'))).toBeNull()
    expect(await drafts.load(id('c1', 'u1', 'o2'))).toBeNull()
  })

  test('a draft that still waits is already there', async () => {
    const drafts = make()
    drafts.save(id('c1'), 'a')
    expect((await drafts.load(id('c1')))?.text).toBe('a')
    expect(await drafts.list('o1', 'u1')).toEqual(['c1'])
    expect(drafts.known('o1', 'u1').has('c1')).toBe(true)
  })

  test('sending removes it, also while it waits', async () => {
    const drafts = make()
    drafts.save(id('c1'), 'a')
    await drafts.remove(id('c1'))
    await vi.advanceTimersByTimeAsync(1000)
    expect(await drafts.load(id('c1'))).toBeNull()
    expect(drafts.known('o1', 'u1').has('c1')).toBe(false)
  })

  test('blank text is no draft', async () => {
    const drafts = make()
    drafts.save(id('c1'), 'a')
    await drafts.flush()
    drafts.save(id('c1'), '  \n')
    await vi.advanceTimersByTimeAsync(1000)
    expect(await drafts.load(id('c1'))).toBeNull()
  })

  test('signing out clears the drafts of that user only', async () => {
    const drafts = make()
    drafts.save(id('c1'), 'a')
    drafts.save(id('c2', 'u1', 'o2'), 'b')
    drafts.save(id('c1', 'u2'), 'c')
    await drafts.flush()
    drafts.save(id('c3'), 'waiting')
    await drafts.clearUser('u1')
    await vi.advanceTimersByTimeAsync(1000)
    expect(await drafts.list('o1', 'u1')).toEqual([])
    expect(await drafts.list('o2', 'u1')).toEqual([])
    expect(await drafts.list('o1', 'u2')).toEqual(['c1'])
  })
})

test('typing writes once, 300 ms after the last key', async () => {
  const fake = fakeIndexedDb()
  const drafts = createDrafts(fake.factory)
  for (const text of ['h', 'he', 'hel']) {
    drafts.save(id('c1'), text)
    await vi.advanceTimersByTimeAsync(299)
  }
  expect(fake.control.writes).toBe(0)
  await vi.advanceTimersByTimeAsync(1)
  expect(fake.control.writes).toBe(1)
  expect([...fake.rows.values()]).toMatchObject([{ text: 'hel' }])
})

test('a page that goes away writes what waits', async () => {
  const fake = fakeIndexedDb()
  const drafts = createDrafts(fake.factory)
  drafts.save(id('c1'), 'a')
  await drafts.flush()
  expect(fake.control.writes).toBe(1)
  await vi.advanceTimersByTimeAsync(1000)
  expect(fake.control.writes).toBe(1)
})
