import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { chooseOrganization } from '../organization'
import { isOfAnOrganization } from './viewing'

/** Goes to the other organization's home: the page of this one may not exist there. Unsaved changes are asked about first. */
export function useSwitchOrganization() {
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  return async (id: string) => {
    await navigate({ to: '/client-dashboard' })
    // Whoever wanted to stay with unsaved changes is still where they were.
    if (window.location.pathname !== '/client-dashboard') return
    chooseOrganization(id)
    queryClient.removeQueries({
      predicate: ({ queryKey }) => isOfAnOrganization(queryKey) && !JSON.stringify(queryKey).includes(id),
    })
  }
}
