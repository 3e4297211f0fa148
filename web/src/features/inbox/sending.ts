/** The outbox of this tab, connected to the API, the caches and the network. */
import { useSyncExternalStore } from 'react'
import { sendMessage, writeNote } from '@/api/gen/sdk.gen'
import { queryClient } from '@/app/query-client'
import { onSignOut } from '@/app/session'
import { storeSent } from './api'
import { nudge } from './live'
import { createOutbox, type OutboxItem } from './outbox'
import type { Message } from './types'

/** Longer than any answer takes: after this the line is taken for dead and the message is tried again. */
const PATIENCE_MS = 20_000

async function send(item: OutboxItem): Promise<Message> {
  const request = {
    path: { organization_id: item.organizationId, conversation_id: item.conversationId },
    headers: { 'Idempotency-Key': item.clientId },
    signal: AbortSignal.timeout(PATIENCE_MS),
    throwOnError: true,
  } as const
  const body = { text: item.text, client_id: item.clientId }
  const { data } =
    item.kind === 'note'
      ? await writeNote({ ...request, body })
      : await sendMessage({ ...request, body: { ...body, take_over: item.takeOver } })
  return data
}

export const outbox = createOutbox({
  send,
  stored: (item, message) => {
    storeSent(queryClient, item.organizationId, message)
    nudge(item.conversationId)
  },
  newId: () => crypto.randomUUID(),
})

onSignOut(() => outbox.clear())
if (typeof window !== 'undefined') {
  window.addEventListener('online', () => outbox.kick())
  window.addEventListener('beforeunload', (event) => {
    // Only what the server does not have yet would be lost.
    if (outbox.size() > 0) event.preventDefault()
  })
}

/** What is on its way in a conversation. */
export function useOutgoing(conversationId: string): readonly OutboxItem[] {
  return useSyncExternalStore(outbox.subscribe, () => outbox.of(conversationId))
}
