import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react'
import { type LiveEvent, type LiveStatus, openLive } from './live'
import { organizationsOptions } from './organization'
import { refresh } from './session'

type Handler = (event: LiveEvent) => void

interface Live {
  status: LiveStatus
  subscribe(handler: Handler): () => void
}

const LiveContext = createContext<Live | null>(null)

interface Props {
  organizationId: string | null
  userId: string
  children: ReactNode
}

/** Opens the organization's event stream for everything below, and does what every page needs: resync and revocation. */
export function LiveProvider({ organizationId, userId, children }: Props) {
  const queryClient = useQueryClient()
  const handlers = useRef(new Set<Handler>())
  const [status, setStatus] = useState<LiveStatus>({ state: 'connecting', since: Date.now() })

  useEffect(() => {
    if (!organizationId) return
    setStatus({ state: 'connecting', since: Date.now() })
    const live = openLive(organizationId, userId, {
      onStatus: setStatus,
      onEvent: (event) => {
        // Queries marked `live` follow the stream by themselves: a list of two hundred pages is not read again as a whole.
        if (event.name === 'resync')
          void queryClient.invalidateQueries({ predicate: ({ meta }) => meta?.['live'] !== true })
        if (event.name === 'session_ended') {
          // Signed out, or only no longer a member here: the refresh and the list of organizations tell which.
          void refresh()
            .then(async (token) => {
              if (token) await queryClient.invalidateQueries({ queryKey: organizationsOptions.queryKey })
            })
            .catch(() => undefined)
        }
        for (const handler of handlers.current) handler(event)
      },
    })
    return () => live.close()
  }, [organizationId, userId, queryClient])

  const [live] = useState(() => ({
    subscribe(handler: Handler) {
      handlers.current.add(handler)
      return () => {
        handlers.current.delete(handler)
      }
    },
  }))
  return <LiveContext value={{ status, subscribe: live.subscribe }}>{children}</LiveContext>
}

function useLive(): Live {
  const live = useContext(LiveContext)
  if (!live) throw new Error('useLive is for pages of an organization')
  return live
}

/** Whether live updates arrive, and since when not. */
export function useLiveStatus(): LiveStatus {
  return useLive().status
}

/** Calls the newest `handler` for every live event while the component is shown. */
export function useLiveEvent(handler: Handler) {
  const { subscribe } = useLive()
  const newest = useRef(handler)
  useEffect(() => {
    newest.current = handler
  })
  useEffect(() => subscribe((event) => newest.current(event)), [subscribe])
}
