/** What tells of waiting customers while somebody looks elsewhere: a dot on the icon and a sound; the shell counts in the title. */
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { listConversations } from '@/api/gen/sdk.gen'
import { useLiveEvent } from '@/app/live-provider'
import { useUser } from '@/app/session'
import { playSound } from '@/lib/sound'
import { countsOptions } from './api'
import { createRefresher } from './live'
import { ownerOf } from './rules'
import { type Sound, soundOf } from './sound'
import type { Conversation } from './types'
import { isFocused } from './use-now'

/** Whether this news of a conversation is worth a sound; pure. `known`: unread messages it had before. */
export function isWorthSound(
  conversation: Conversation,
  known: number | undefined,
  sound: Sound,
  userId: string,
  since: number,
  now: number,
): boolean {
  if (sound === 'off' || conversation.unread_count === 0) return false
  const wrote = conversation.last_customer_message_at
  const rose =
    known === undefined ? Boolean(wrote && Date.parse(wrote) >= since) : conversation.unread_count > known
  if (!rose) return false
  if (sound === 'mine') return conversation.assignee_id === userId
  return conversation.needs_human || ownerOf(conversation, now) === 'human'
}

/** One sound for all tabs: the one that gets the lock rings, the others are late. */
async function ring() {
  if (!('locks' in navigator)) return playSound()
  await navigator.locks.request('banglachat-sound', { ifAvailable: true }, async (lock) => {
    if (!lock) return
    await playSound()
    await new Promise((done) => setTimeout(done, 2000))
  })
}

export default function InboxNotifications({ organizationId }: { organizationId: string }) {
  const user = useUser()
  const { data: counts } = useQuery(countsOptions(organizationId, {}))
  const waiting = counts?.needs_human ?? 0
  useIconDot(waiting > 0)

  const sound = soundOf(user)
  const state = useRef({ sound, userId: user.id, since: Date.now(), unread: new Map<string, number>() })
  useEffect(() => {
    state.current.sound = sound
    state.current.userId = user.id
  })
  const refresher = useRef<ReturnType<typeof createRefresher> | null>(null)
  useEffect(() => {
    const made = createRefresher({
      run: async (ids) => {
        const now = state.current
        if (now.sound === 'off') return
        const { data } = await listConversations({
          path: { organization_id: organizationId },
          query: { ids: ids.slice(0, 50).join(','), limit: 50 },
          throwOnError: true,
        })
        let worth = false
        for (const row of data.items) {
          const known = now.unread.get(row.id)
          worth ||= isWorthSound(row, known, now.sound, now.userId, now.since, Date.now())
          now.unread.set(row.id, row.unread_count)
        }
        if (worth && !isFocused()) await ring()
      },
      // What was missed while nobody could tell rings for nobody.
      all: async () => undefined,
    })
    refresher.current = made
    return () => made.close()
  }, [organizationId])
  useLiveEvent((event) => {
    if (event.name === 'conversation') refresher.current?.add(event.data.conversation_id)
    if (event.name === 'resync') refresher.current?.resync()
  })
  return null
}

/** Exchanges the page's icon for the one with a dot. */
function useIconDot(on: boolean) {
  useEffect(() => {
    const link = document.querySelector<HTMLLinkElement>('link[rel~="icon"]')
    if (!link || !on) return
    const plain = link.href
    link.href = '/icon-dot.svg'
    return () => {
      link.href = plain
    }
  }, [on])
}
