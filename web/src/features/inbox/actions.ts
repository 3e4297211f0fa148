/** What people do to a conversation. Assigning, resolving and reading show at once, the rest when the server has done it. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import {
  assignConversation,
  dismissMessage,
  handBackConversation,
  readConversation,
  reopenConversation,
  resendMessage,
  resolveConversation,
  snoozeConversation,
  takeOverConversation,
  unsnoozeConversation,
} from '@/api/gen/sdk.gen'
import { changeConversation, putConversation, storeDecided } from './api'
import { nudge } from './live'
import type { Conversation } from './types'

export type Action =
  | { kind: 'take_over' | 'hand_back' | 'resolve' | 'reopen' | 'unsnooze' }
  | { kind: 'snooze'; until: Date }
  | { kind: 'assign'; member: { user_id: string; name: string } | null }

type Path = { organization_id: string; conversation_id: string }

async function call(path: Path, action: Action) {
  const options = { path, throwOnError: true } as const
  switch (action.kind) {
    case 'take_over':
      return (await takeOverConversation(options)).data
    case 'hand_back':
      return (await handBackConversation(options)).data
    case 'resolve':
      return (await resolveConversation(options)).data
    case 'reopen':
      return (await reopenConversation(options)).data
    case 'unsnooze':
      return (await unsnoozeConversation(options)).data
    case 'snooze':
      return (await snoozeConversation({ ...options, body: { until: action.until.toISOString() } })).data
    case 'assign':
      return (await assignConversation({ ...options, body: { user_id: action.member?.user_id ?? null } }))
        .data
  }
}

function expected(action: Action): ((row: Conversation) => Conversation) | null {
  switch (action.kind) {
    case 'resolve':
      return (row) => ({ ...row, status: 'resolved' })
    case 'reopen':
      return (row) => ({ ...row, status: 'open' })
    case 'assign':
      return (row) => ({ ...row, assignee_id: action.member?.user_id ?? null, assignee: action.member })
    default:
      return null
  }
}

export function useConversationAction(organizationId: string, conversationId: string) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (action: Action) =>
      call({ organization_id: organizationId, conversation_id: conversationId }, action),
    onMutate: (action) => {
      const change = expected(action)
      return change ? changeConversation(queryClient, organizationId, conversationId, change) : undefined
    },
    onError: (_error, _action, undo) => undo?.(),
    onSuccess: (view) => {
      putConversation(queryClient, organizationId, view)
      nudge(conversationId)
    },
  })
}

/** What becomes of a message that failed or is not confirmed. */
export function useMessageDecision(organizationId: string) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: async ({ id, decision }: { id: string; decision: 'resend' | 'dismiss' }) => {
      const options = {
        path: { organization_id: organizationId, message_id: id },
        throwOnError: true,
      } as const
      const { data } = await (decision === 'resend' ? resendMessage(options) : dismissMessage(options))
      return data
    },
    onSuccess: (message) => {
      storeDecided(queryClient, organizationId, message)
      nudge(message.conversation_id)
    },
  })
}

/** Says that the newest message was seen; once per message, and never a reason to bother anybody when it fails. */
export function useMarkRead(organizationId: string, conversationId: string) {
  const queryClient = useQueryClient()
  const last = useRef('')
  return (messageId: string) => {
    if (last.current === messageId) return
    last.current = messageId
    const undo = changeConversation(queryClient, organizationId, conversationId, (row) => ({
      ...row,
      unread_count: 0,
    }))
    readConversation({
      path: { organization_id: organizationId, conversation_id: conversationId },
      body: { message_id: messageId },
      throwOnError: true,
    }).then(
      ({ data }) => {
        putConversation(queryClient, organizationId, data)
        nudge(conversationId)
      },
      () => {
        last.current = ''
        undo()
      },
    )
  }
}
