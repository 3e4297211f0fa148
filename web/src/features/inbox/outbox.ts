/**
 * What a person has sent and the server has not confirmed yet. Kept in memory only, and the page says so. A message
 * keeps its `client_id` for all tries, and the server stores one message per `client_id`: no try can send twice.
 */
import { type ApiError, toApiError } from '@/api/client'
import type { Message } from './types'

export interface Outgoing {
  organizationId: string
  conversationId: string
  kind: 'reply' | 'note'
  text: string
  /** The AI owns the conversation: sending takes it over in the same request. */
  takeOver: boolean
}

export interface OutboxItem extends Outgoing {
  clientId: string
  createdAt: string
  /** `waiting`: no way to the server at the moment, goes on by itself; `failed`: the server refused, a person decides. */
  state: 'queued' | 'sending' | 'waiting' | 'failed'
  error: ApiError | null
}

interface Options {
  send(item: OutboxItem): Promise<Message>
  /** The server has it; called before the item disappears. */
  stored(item: OutboxItem, message: Message): void
  newId(): string
}

const BACKOFF_MS = [1000, 2000, 4000, 8000, 15_000, 30_000]
const NONE: readonly OutboxItem[] = []

/** Whether trying again by itself can help: the server was not reached, or says that it is busy. */
function passes(error: ApiError): boolean {
  return error.code === 'network' || [429, 502, 503, 504].includes(error.status)
}

export function createOutbox({ send, stored, newId }: Options) {
  let items: readonly OutboxItem[] = []
  const byConversation = new Map<string, readonly OutboxItem[]>()
  const listeners = new Set<() => void>()
  const lanes = new Map<string, { timer?: ReturnType<typeof setTimeout>; tries: number; busy: boolean }>()

  const publish = (next: readonly OutboxItem[]) => {
    items = next
    byConversation.clear()
    for (const listener of listeners) listener()
  }
  const change = (clientId: string, patch: Partial<OutboxItem>) =>
    publish(items.map((item) => (item.clientId === clientId ? { ...item, ...patch } : item)))
  const take = (clientId: string) => publish(items.filter((item) => item.clientId !== clientId))
  const laneOf = (conversationId: string) => {
    const lane = lanes.get(conversationId) ?? { tries: 0, busy: false }
    lanes.set(conversationId, lane)
    return lane
  }

  /** One message of a conversation at a time, in the order they were written. */
  const work = async (conversationId: string): Promise<void> => {
    const lane = laneOf(conversationId)
    const item = items.find((one) => one.conversationId === conversationId && one.state !== 'failed')
    if (lane.busy || !item) return
    clearTimeout(lane.timer)
    lane.busy = true
    change(item.clientId, { state: 'sending', error: null })
    try {
      const message = await send(item)
      lane.tries = 0
      // Signed out meanwhile: nobody's page to write into.
      if (items.some((one) => one.clientId === item.clientId)) {
        stored(item, message)
        take(item.clientId)
      }
    } catch (thrown) {
      const error = toApiError(thrown)
      if (passes(error)) {
        change(item.clientId, { state: 'waiting', error })
        const backoff = BACKOFF_MS[Math.min(lane.tries, BACKOFF_MS.length - 1)] ?? 30_000
        const wait = Math.max(backoff, (error.retryAfter ?? 0) * 1000)
        lane.tries += 1
        lane.timer = setTimeout(() => void work(conversationId), wait)
        return
      }
      change(item.clientId, { state: 'failed', error })
    } finally {
      lane.busy = false
    }
    await work(conversationId)
  }

  return {
    add(outgoing: Outgoing): OutboxItem {
      const item: OutboxItem = {
        ...outgoing,
        clientId: newId(),
        createdAt: new Date().toISOString(),
        state: 'queued',
        error: null,
      }
      publish([...items, item])
      const lane = laneOf(item.conversationId)
      // Behind one that waits for the network the timer or `kick` goes on.
      if (!items.some((one) => one.conversationId === item.conversationId && one.state === 'waiting'))
        void work(item.conversationId)
      else if (!lane.busy) change(item.clientId, { state: 'waiting' })
      return item
    },

    /** Tries a failed message again, under the same `client_id`. */
    retry(clientId: string): void {
      const item = items.find((one) => one.clientId === clientId)
      if (!item || item.state === 'sending') return
      change(clientId, { state: 'queued', error: null })
      void work(item.conversationId)
    },

    /** Gives a message up. One that is on its way cannot be called back. */
    remove(clientId: string): void {
      const item = items.find((one) => one.clientId === clientId)
      if (!item || item.state === 'sending') return
      take(clientId)
      void work(item.conversationId)
    },

    /** A row with this `client_id` came from the server by another way: the message has arrived. */
    confirm(clientIds: ReadonlySet<string>): void {
      const rest = items.filter((item) => !clientIds.has(item.clientId) || item.state === 'sending')
      if (rest.length !== items.length) publish(rest)
    },

    /** The network is back: whatever waits is tried at once. */
    kick(): void {
      for (const conversationId of new Set(items.map((item) => item.conversationId)))
        void work(conversationId)
    },

    clear(): void {
      for (const lane of lanes.values()) clearTimeout(lane.timer)
      lanes.clear()
      publish([])
    },

    size: () => items.length,

    of(conversationId: string): readonly OutboxItem[] {
      const found = byConversation.get(conversationId)
      if (found) return found
      const own = items.filter((item) => item.conversationId === conversationId)
      byConversation.set(conversationId, own.length > 0 ? own : NONE)
      return own.length > 0 ? own : NONE
    },

    subscribe(listener: () => void): () => void {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
  }
}
