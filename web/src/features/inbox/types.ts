import type { ConversationView, MessageView } from '@/api/gen/types.gen'

export type Conversation = ConversationView & {
  platform: 'facebook' | 'instagram' | 'whatsapp' | 'twitter'
  account_name: string
  assignee?: { user_id: string; name: string } | null
  last_message?: {
    author: string
    kind: string
    text?: string | null
    state: string
    ordered_at: string
    failure: boolean
  } | null
  waiting_since?: string | null
}
export type Message = MessageView

export interface ConversationCounts {
  needs_human: number
  mine: number
  ai: number
  snoozed: number
  closed: number
  all: number
  unread: number
}
export interface Contact {
  id: string
  name?: string | null
  created_at: string
  identities: { account_id: string; platform: string; account_name: string; kind: string; value: string }[]
  conversations: Conversation[]
  messages_total: number
  first_seen_at: string
}
