import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { listSocialAccountsInfiniteOptions } from '@/api/gen/@tanstack/react-query.gen'
import type { SocialAccountView } from '@/api/gen/types.gen'
import { byCursor, rowsOf } from '@/api/pages'
import { useOrganization } from '@/app/organization'

/** All connected accounts of the organization: "which does this agent serve" needs every page. */
export function useAccounts() {
  const path = { organization_id: useOrganization().id }
  const first = { path, query: { limit: 100 } }
  const query = useInfiniteQuery({
    ...listSocialAccountsInfiniteOptions(first),
    ...byCursor(first),
  })
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = query
  const goOn = hasNextPage && !isFetchingNextPage && !isFetchNextPageError
  useEffect(() => {
    if (goOn) void fetchNextPage()
  }, [goOn, fetchNextPage])
  const connected = (account: SocialAccountView) => account.health !== 'disconnected'
  return {
    ...query,
    accounts: hasNextPage ? undefined : rowsOf(query.data)?.filter(connected),
  }
}
