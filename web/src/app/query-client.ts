import { QueryClient } from '@tanstack/react-query'
import { toApiError } from '@/api/client'
import { onSignOut } from './session'

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      // Once, and never what the server refused: asking again cannot change a 4xx.
      retry: (failures, error) => {
        const { status } = toApiError(error)
        return failures < 1 && !(status >= 400 && status < 500)
      },
      refetchOnWindowFocus: true,
      refetchOnReconnect: true,
    },
    mutations: { retry: false },
  },
})

onSignOut(() => queryClient.clear())
