import { vi } from 'vitest'

/** Web Locks of one browser, as far as we use them: one holder per name, a queue, `steal` and `signal`. */
export class FakeLocks {
  #held = new Map<string, { lose(): void }>()
  #queue = new Map<string, (() => void)[]>()

  request = (
    name: string,
    ...rest: [{ steal?: boolean; signal?: AbortSignal }, () => unknown] | [() => unknown]
  ): Promise<unknown> => {
    const work = rest.length === 1 ? rest[0] : rest[1]
    const options = rest.length === 1 ? {} : rest[0]
    return new Promise((resolve, reject) => {
      const gone = () => reject(new DOMException('lock lost', 'AbortError'))
      const grant = () => {
        options.signal?.removeEventListener('abort', giveUp)
        const holder = { lose: gone }
        this.#held.set(name, holder)
        const release = () => {
          if (this.#held.get(name) !== holder) return
          this.#held.delete(name)
          this.#queue.get(name)?.shift()?.()
        }
        Promise.resolve().then(work).then(resolve, reject).finally(release)
      }
      const giveUp = () => {
        this.#queue.set(
          name,
          (this.#queue.get(name) ?? []).filter((waiting) => waiting !== grant),
        )
        gone()
      }
      if (options.steal) {
        this.#held.get(name)?.lose()
        grant()
      } else if (!this.#held.has(name)) grant()
      else {
        options.signal?.addEventListener('abort', giveUp)
        this.#queue.set(name, [...(this.#queue.get(name) ?? []), grant])
      }
    })
  }

  waiting(name: string) {
    return this.#queue.get(name)?.length ?? 0
  }

  held(name: string) {
    return this.#held.has(name)
  }
}

const channels = new Set<FakeChannel>()

/** BroadcastChannel whose every instance is another tab. */
class FakeChannel extends EventTarget {
  readonly name: string
  #closed = false

  constructor(name: string) {
    super()
    this.name = name
    channels.add(this)
  }

  postMessage(data: unknown) {
    if (this.#closed) throw new DOMException('closed', 'InvalidStateError')
    for (const other of channels) {
      if (other !== this && other.name === this.name)
        other.dispatchEvent(new MessageEvent('message', { data: structuredClone(data) }))
    }
  }

  close() {
    this.#closed = true
    channels.delete(this)
  }
}

export function useFakeTabs() {
  channels.clear()
  const locks = new FakeLocks()
  vi.stubGlobal('BroadcastChannel', FakeChannel)
  Object.defineProperty(navigator, 'locks', { value: locks, configurable: true })
  return locks
}

export function forgetFakeTabs() {
  channels.clear()
  Reflect.deleteProperty(navigator, 'locks')
  vi.unstubAllGlobals()
}
