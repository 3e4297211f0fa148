import { useQuery, useQueryClient } from '@tanstack/react-query'
import { conversationOptions, listedConversation } from './api'

/** The open conversation; shown at once when the list has it already. */
export function useConversation(organizationId: string, conversationId: string) {
  const queryClient = useQueryClient()
  return useQuery({
    ...conversationOptions(organizationId, conversationId),
    placeholderData: () => listedConversation(queryClient, organizationId, conversationId),
  })
}
