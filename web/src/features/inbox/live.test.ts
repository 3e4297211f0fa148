import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createRefresher } from './live'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function setUp() {
  const asked: string[][] = []
  const state = { fail: false, slow: 0, whole: 0 }
  const refresher = createRefresher({
    run: async (ids) => {
      asked.push(ids)
      if (state.slow) await new Promise((done) => setTimeout(done, state.slow))
      if (state.fail) throw new Error('offline')
    },
    all: async () => {
      state.whole += 1
    },
  })
  return { asked, state, refresher }
}

describe('refresher', () => {
  it('asks once for what comes within a moment', async () => {
    const { asked, refresher } = setUp()
    for (const id of ['a', 'b', 'a']) refresher.add(id)
    await vi.advanceTimersByTimeAsync(200)
    expect(asked).toEqual([['a', 'b']])
  })

  it('asks one question after the other', async () => {
    const { asked, state, refresher } = setUp()
    state.slow = 1000
    refresher.add('a')
    await vi.advanceTimersByTimeAsync(200)
    refresher.add('b')
    await vi.advanceTimersByTimeAsync(500)
    expect(asked).toEqual([['a']])
    await vi.advanceTimersByTimeAsync(2000)
    expect(asked).toEqual([['a'], ['b']])
  })

  it('asks again for what could not be asked: the stream does not repeat it', async () => {
    const { asked, state, refresher } = setUp()
    state.fail = true
    refresher.add('a')
    await vi.advanceTimersByTimeAsync(200)
    state.fail = false
    await vi.advanceTimersByTimeAsync(5000)
    expect(asked).toEqual([['a'], ['a']])
  })

  it('reads everything again after a flood or a resync', async () => {
    const { asked, state, refresher } = setUp()
    for (let n = 0; n < 300; n += 1) refresher.add(`id-${n}`)
    await vi.advanceTimersByTimeAsync(200)
    refresher.resync()
    await vi.advanceTimersByTimeAsync(10)
    expect(asked).toEqual([])
    expect(state.whole).toBe(2)
  })

  it('is silent when closed, and goes on when opened again', async () => {
    const { asked, refresher } = setUp()
    refresher.add('a')
    refresher.close()
    await vi.advanceTimersByTimeAsync(1000)
    expect(asked).toEqual([])
    refresher.open()
    await vi.advanceTimersByTimeAsync(1000)
    expect(asked).toEqual([['a']])
  })
})
