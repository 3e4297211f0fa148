import { queryOptions } from '@tanstack/react-query'
import { client } from './client'
import type { Role, UpdateMe, UserView } from './gen/types.gen'

export type Me = UserView & {
  language: 'bn' | 'en'
  theme: 'system' | 'light' | 'dark'
  shortcuts: boolean
  sound: 'off' | 'mine' | 'all'
  viewing?: { organization_id: string; name: string; until: string } | null
}
export type MyChange = UpdateMe & Partial<Pick<Me, 'language' | 'theme' | 'shortcuts' | 'sound'>>
export interface InvitationPreview {
  organization_name: string
  email: string
  role: Role
  invited_by_name: string
  expires_at: string
}

const json = { 'Content-Type': 'application/json' }

export const getInstallationOptions = () =>
  queryOptions({
    queryKey: [{ _id: 'getInstallation' }],
    queryFn: async () =>
      (
        await client.get<{ 200: { mail: boolean; version: string; web: boolean } }, unknown, true>({
          url: '/api/v1/installation',
          throwOnError: true,
        })
      ).data,
  })

export const forgotPassword = (options: { body: { email: string }; throwOnError: true }) =>
  client.post<unknown, unknown, true>({ url: '/api/v1/auth/forgot_password', headers: json, ...options })

export const resetPassword = (options: { body: { token: string; password: string }; throwOnError: true }) =>
  client.post<unknown, unknown, true>({ url: '/api/v1/auth/reset_password', headers: json, ...options })

export const lookUpInvitation = (options: { body: { token: string }; throwOnError: true }) =>
  client.post<{ 200: InvitationPreview }, unknown, true>({
    url: '/api/v1/invitations/look_up',
    headers: json,
    ...options,
  })

export const endOrganizationView = (options: { path: { organization_id: string }; throwOnError: true }) =>
  client.delete<unknown, unknown, true>({
    url: '/api/v1/admin/organizations/{organization_id}/view',
    ...options,
  })

export interface ConversationCounts {
  needs_human: number
  mine: number
  ai: number
  snoozed: number
  closed: number
  all: number
  unread: number
}

export const countConversationsOptions = (options: { path: { organization_id: string } }) =>
  queryOptions({
    queryKey: [{ _id: 'countConversations', ...options }],
    queryFn: async () =>
      (
        await client.get<{ 200: ConversationCounts }, unknown, true>({
          url: '/api/v1/organizations/{organization_id}/conversations/counts',
          throwOnError: true,
          ...options,
        })
      ).data,
  })
