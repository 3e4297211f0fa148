import { client } from '@/api/client'
import type { Contact, ConversationCounts } from './types'

const O = '/api/v1/organizations/{organization_id}'

export async function conversationCounts(
  organizationId: string,
  query: Record<string, unknown>,
  signal?: AbortSignal,
) {
  const { data } = await client.get({
    url: `${O}/conversations/counts`,
    path: { organization_id: organizationId },
    query,
    signal,
    throwOnError: true,
  })
  return data as unknown as ConversationCounts
}

export async function getContact(organizationId: string, contactId: string, signal?: AbortSignal) {
  const { data } = await client.get({
    url: `${O}/contacts/{contact_id}`,
    path: { organization_id: organizationId, contact_id: contactId },
    signal,
    throwOnError: true,
  })
  return data as unknown as Contact
}

export async function updateContact(organizationId: string, contactId: string, name: string) {
  const { data } = await client.patch({
    url: `${O}/contacts/{contact_id}`,
    path: { organization_id: organizationId, contact_id: contactId },
    headers: { 'Content-Type': 'application/json' },
    body: { name } as never,
    throwOnError: true,
  })
  return data as unknown as Contact
}
