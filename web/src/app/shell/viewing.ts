import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { endOrganizationView, getMe } from '@/api/gen/sdk.gen'
import { adoptUser, useUser } from '../session'

async function reloadUser() {
  const { data } = await getMe({ throwOnError: true })
  adoptUser(data)
}

/** Ends the look into an organization, and goes back to where it began. */
export function useEndViewing() {
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  return useMutation({
    mutationFn: async (organizationId: string) => {
      await endOrganizationView({ path: { organization_id: organizationId }, throwOnError: true })
      await reloadUser()
    },
    onSuccess: async () => {
      await navigate({ to: '/admin-dashboard' })
      queryClient.removeQueries({ predicate: ({ queryKey }) => isOfAnOrganization(queryKey) })
    },
  })
}

/** The grant ends by itself after half an hour: asks the server at that moment. */
export function useViewingEnds() {
  const { viewing } = useUser()
  const until = viewing?.until
  useEffect(() => {
    if (!until) return
    const timer = setTimeout(
      () => void reloadUser().catch(() => undefined),
      Date.parse(until) - Date.now() + 1000,
    )
    return () => clearTimeout(timer)
  }, [until])
}

/** Keys of the generated queries carry their path parameters. */
export function isOfAnOrganization(queryKey: readonly unknown[]): boolean {
  const [first] = queryKey
  return (
    typeof first === 'object' &&
    first !== null &&
    'path' in first &&
    typeof first.path === 'object' &&
    first.path !== null &&
    'organization_id' in first.path
  )
}
