import type { ConversationView, MessageView } from '@/api/gen/types.gen'

export type Conversation = ConversationView & {
  platform: 'facebook' | 'instagram' | 'whatsapp' | 'twitter'
  account_name: string
  assignee?: { user_id: string; name: string } | null
  snoozed_until?: string | null
  unread_count: number
  last_message?: {
    author: string
    kind: string
    text?: string | null
    state: string
    ordered_at: string
    failure: boolean
  } | null
  waiting_since?: string | null
  changed_at: string
}
export type Message = MessageView & { author_name?: string | null }
export interface ConversationCounts {
  needs_human: number
  mine: number
  ai: number
  snoozed: number
  closed: number
  all: number
  unread: number
}
