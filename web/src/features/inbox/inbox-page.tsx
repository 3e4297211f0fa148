import { Outlet, useParams, useSearch } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { useOrganization } from '@/app/organization'
import { useMediaQuery } from '@/components/ui/use-media-query'
import { ConversationList } from './conversation-list'
import { useInboxLive } from './live'

/** List, thread and contact side by side; on a phone one of them at a time, each under its own URL. */
export function InboxPage() {
  const organization = useOrganization()
  const search = useSearch({ from: '/_app/inbox' })
  const { conversationId } = useParams({ strict: false })
  const wide = useMediaQuery('(min-width: 768px)')
  useInboxLive(organization.id, conversationId)
  useFocusOnPhone(!wide, conversationId)
  return (
    <div className="flex h-full min-h-0 w-full overflow-hidden">
      {(wide || !conversationId) && (
        <div className="h-full min-h-0 w-full shrink-0 md:w-80 md:border-r xl:w-96">
          <ConversationList organization={organization} search={search} openId={conversationId} />
        </div>
      )}
      {(wide || conversationId) && (
        <div className="h-full min-h-0 min-w-0 flex-1">
          <Outlet />
        </div>
      )}
    </div>
  )
}

/** Where one area replaces the other, the focus goes along: to the heading of the thread, and back to its row. */
function useFocusOnPhone(small: boolean, conversationId: string | undefined) {
  const before = useRef(conversationId)
  useEffect(() => {
    const left = before.current
    before.current = conversationId
    if (!small || left === conversationId) return
    let tries = 0
    let frame = 0
    const look = () => {
      const target = conversationId
        ? document.querySelector<HTMLElement>('[data-thread-title]')
        : document.querySelector<HTMLElement>(`[data-conversation="${left}"], main h1`)
      if (!target) {
        tries += 1
        if (tries < 60) frame = requestAnimationFrame(look)
        return
      }
      if (!target.matches('a')) target.tabIndex = -1
      target.focus({ preventScroll: true })
    }
    frame = requestAnimationFrame(look)
    return () => cancelAnimationFrame(frame)
  }, [small, conversationId])
}
