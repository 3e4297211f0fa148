import { client } from '@/api/client'
import type { ConversationCounts, Message, Conversation } from './types'

const O = '/api/v1/organizations/{organization_id}'

export async function conversationCounts(organizationId: string, query: Record<string, unknown>, signal?: AbortSignal) {
  const { data } = await client.get({
    url: `${O}/conversations/counts`,
    path: { organization_id: organizationId },
    query,
    signal,
    throwOnError: true,
  })
  return data as unknown as ConversationCounts
}

async function post<T>(organizationId: string, conversationId: string, action: string, body?: unknown, extra?: RequestInit) {
  const { data } = await client.post({
    url: `${O}/conversations/{conversation_id}/${action}`,
    path: { organization_id: organizationId, conversation_id: conversationId },
    headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
    body: body as Record<string, unknown> | undefined,
    throwOnError: true,
    ...(extra as object),
  })
  return data as unknown as T
}

export const writeNote = (o: string, c: string, body: { text: string; client_id: string }, signal: AbortSignal) =>
  post<Message>(o, c, 'notes', body, { signal })
export const assignConversation = (o: string, c: string, body: { user_id: string | null }) =>
  post<Conversation>(o, c, 'assign', body)
export const snoozeConversation = (o: string, c: string, body: { until: string }) =>
  post<Conversation>(o, c, 'snooze', body)
export const unsnoozeConversation = (o: string, c: string) => post<Conversation>(o, c, 'unsnooze')
export const readConversation = (o: string, c: string, body: { message_id: string }) =>
  post<Conversation>(o, c, 'read', body)
export const tellPresence = (o: string, c: string, body: { typing: boolean }) => post<void>(o, c, 'presence', body)
