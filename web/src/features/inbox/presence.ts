/** Who else is here. Told by the stream, forgotten when nothing more is heard; nothing of it is stored anywhere. */
import { useEffect, useRef, useState } from 'react'
import { tellPresence } from '@/api/gen/sdk.gen'
import { useLiveEvent } from '@/app/live-provider'
import { isFocused } from './use-now'

interface Other {
  name: string
  typing: boolean
  at: number
}

const HERE_MS = 25_000
const TYPING_MS = 7000
const TELL_EVERY_MS = 15_000
const TELL_TYPING_MS = 3000

export interface Others {
  typing: string[]
  viewing: string[]
}

/** Who of those heard of is still here; pure. */
export function present(others: ReadonlyMap<string, Other>, now: number): Others {
  const found: Others = { typing: [], viewing: [] }
  for (const other of others.values()) {
    if (other.typing && now - other.at < TYPING_MS) found.typing.push(other.name)
    else if (now - other.at < HERE_MS) found.viewing.push(other.name)
  }
  return found
}

export function useOthers(conversationId: string, userId: string): Others {
  const [others, setOthers] = useState<ReadonlyMap<string, Other>>(new Map())
  const [now, setNow] = useState(() => Date.now())
  useLiveEvent((event) => {
    if (event.name !== 'presence') return
    const { conversation_id, user_id, name, typing } = event.data
    if (conversation_id !== conversationId || user_id === userId) return
    const at = Date.now()
    setOthers((before) => new Map(before).set(user_id, { name, typing, at }))
    setNow(at)
  })
  const some = others.size > 0
  useEffect(() => {
    if (!some) return
    const timer = setInterval(() => setNow(Date.now()), 2000)
    return () => clearInterval(timer)
  }, [some])
  return present(others, now)
}

/** Tells the others that this person looks at the conversation; gives the function to call while they type. */
export function useTellPresence(organizationId: string, conversationId: string, on: boolean): () => void {
  const told = useRef(0)
  const path = { organization_id: organizationId, conversation_id: conversationId }
  useEffect(() => {
    if (!on) return
    const tell = () => {
      if (!isFocused() || Date.now() - told.current < TELL_TYPING_MS) return
      told.current = Date.now()
      const here = { organization_id: organizationId, conversation_id: conversationId }
      // Only a courtesy: nobody misses one that is lost.
      tellPresence({ path: here, body: { typing: false } }).catch(() => undefined)
    }
    tell()
    const timer = setInterval(tell, TELL_EVERY_MS)
    return () => clearInterval(timer)
  }, [organizationId, conversationId, on])
  return () => {
    if (!on || Date.now() - told.current < TELL_TYPING_MS) return
    told.current = Date.now()
    tellPresence({ path, body: { typing: true } }).catch(() => undefined)
  }
}
