import { useQueryClient } from '@tanstack/react-query'
import {
  getPlatformAppQueryKey,
  getSocialAccountQueryKey,
  listInboundEventsQueryKey,
  listPlatformAppsQueryKey,
  listSocialAccountsQueryKey,
} from '@/api/gen/@tanstack/react-query.gen'
import { anyOf } from '@/api/pages'
import { useLiveEvent } from '@/app/live-provider'
import { useOrganization } from '@/app/organization'

/** Keeps accounts and apps on screen true: health, tokens, and the moment when Meta's handshake arrives. */
export function useAccountNews() {
  const queryClient = useQueryClient()
  const organization = useOrganization()
  const path = { organization_id: organization.id }
  useLiveEvent((event) => {
    const stale = (queryKey: readonly unknown[]) => void queryClient.invalidateQueries({ queryKey })
    if (event.name === 'account') {
      const account = { ...path, account_id: event.data.account_id }
      stale(anyOf(listSocialAccountsQueryKey({ path })))
      stale(anyOf(getSocialAccountQueryKey({ path: account })))
    }
    if (event.name === 'platform_app') {
      stale(anyOf(listPlatformAppsQueryKey({ path })))
      stale([{ _id: getPlatformAppQueryKey({ path: { ...path, platform: 'facebook' } })[0]._id }])
    }
    if (event.name === 'conversation') stale(anyOf(listInboundEventsQueryKey({ path })))
  })
}
