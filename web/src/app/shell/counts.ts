import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { countConversationsOptions } from '@/api/gen/@tanstack/react-query.gen'
import { useLiveEvent } from '../live-provider'

/** At most one look per moment, however many events come. */
const PAUSE_MS = 1500

/** The server's counts of the inbox, kept fresh by live events. The inbox shares the query. */
export function useInboxCounts(organizationId: string | null) {
  const queryClient = useQueryClient()
  const options = countConversationsOptions({ path: { organization_id: organizationId ?? '' } })
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null)
  useEffect(() => () => clearTimeout(timer.current ?? undefined), [])
  useLiveEvent(({ name }) => {
    if (name !== 'conversation' || !organizationId || timer.current) return
    timer.current = setTimeout(() => {
      timer.current = null
      void queryClient.invalidateQueries({ queryKey: options.queryKey })
    }, PAUSE_MS)
  })
  return useQuery({ ...options, enabled: organizationId !== null }).data
}
