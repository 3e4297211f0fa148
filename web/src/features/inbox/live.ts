/** Follows the stream for the inbox: ids come in, lists and the open thread get right. */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo, useRef } from 'react'
import { useLiveEvent } from '@/app/live-provider'
import { refreshConversations, refreshMessages, resyncInbox } from './api'

interface RefresherOptions {
  /** Asks the server for these conversations; fails when it cannot be reached. */
  run(ids: string[]): Promise<unknown>
  /** Too much at once: everything on screen is read again instead. */
  all(): Promise<unknown>
}

const GATHER_MS = 150
const AGAIN_MS = 3000
const MANY = 200

/**
 * Gathers ids for a moment and asks for them together, one question after the other, so that an older answer never
 * comes after a newer one. What could not be asked is asked again: the stream will not repeat it.
 */
export function createRefresher({ run, all }: RefresherOptions) {
  const waiting = new Set<string>()
  let everything = false
  let busy = false
  let closed = false
  let timer: ReturnType<typeof setTimeout> | undefined

  const plan = (ms: number) => {
    if (busy || closed) return
    timer ??= setTimeout(() => {
      timer = undefined
      void work()
    }, ms)
  }
  const work = async () => {
    const ids = [...waiting]
    const whole = everything || ids.length > MANY
    waiting.clear()
    everything = false
    busy = true
    let next = GATHER_MS
    try {
      await (whole ? all() : run(ids))
    } catch {
      if (whole) everything = true
      else for (const id of ids) waiting.add(id)
      next = AGAIN_MS
    }
    busy = false
    if (waiting.size > 0 || everything) plan(next)
  }
  return {
    add(id: string) {
      waiting.add(id)
      plan(GATHER_MS)
    },
    resync() {
      everything = true
      plan(0)
    },
    open() {
      closed = false
      if (waiting.size > 0 || everything) plan(GATHER_MS)
    },
    close() {
      closed = true
      clearTimeout(timer)
      timer = undefined
    },
  }
}

const nudges = new Set<(id: string) => void>()

/** After an own change: asks for the conversation even when the stream is down. */
export function nudge(conversationId: string) {
  for (const one of nudges) one(conversationId)
}

/** Keeps the inbox of the organization right while it is shown. `openId`: the conversation whose thread is open. */
export function useInboxLive(organizationId: string, openId: string | undefined) {
  const queryClient = useQueryClient()
  const open = useRef(openId)
  useEffect(() => {
    open.current = openId
  })
  const refresher = useMemo(() => {
    const counts = () =>
      queryClient.invalidateQueries({
        predicate: ({ queryKey }) =>
          (queryKey[0] as { _id?: string } | undefined)?._id === 'countConversations',
      })
    return createRefresher({
      run: async (ids) => {
        const current = open.current
        await Promise.all([
          refreshConversations(queryClient, organizationId, ids),
          current && ids.includes(current)
            ? refreshMessages(queryClient, organizationId, current)
            : undefined,
        ])
        void counts()
      },
      all: async () => {
        await resyncInbox(queryClient, organizationId, open.current)
        void counts()
      },
    })
  }, [queryClient, organizationId])

  useEffect(() => {
    refresher.open()
    nudges.add(refresher.add)
    return () => {
      nudges.delete(refresher.add)
      refresher.close()
    }
  }, [refresher])

  useLiveEvent((event) => {
    if (event.name === 'conversation') refresher.add(event.data.conversation_id)
    if (event.name === 'resync') refresher.resync()
  })
}
