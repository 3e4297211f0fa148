import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import {
  getHomeQueryKey,
  listKnowledgeQueryKey,
  listUnansweredQuestionsQueryKey,
  searchKnowledgeQueryKey,
} from '@/api/gen/@tanstack/react-query.gen'
import { anyOf } from '@/api/pages'
import { useOrganization } from '@/app/organization'

/** After the knowledge has changed: every list of it, what a search finds, and the first steps on the home page. */
export function useKnowledgeRefetch() {
  const queryClient = useQueryClient()
  const { id } = useOrganization()
  return useCallback(async () => {
    const path = { organization_id: id }
    await Promise.all([
      queryClient.invalidateQueries({ queryKey: anyOf(listKnowledgeQueryKey({ path })) }),
      queryClient.invalidateQueries({ queryKey: anyOf(listUnansweredQuestionsQueryKey({ path })) }),
      queryClient.invalidateQueries({
        queryKey: anyOf(searchKnowledgeQueryKey({ path, query: { q: '' } })),
      }),
      queryClient.invalidateQueries({ queryKey: anyOf(getHomeQueryKey({ path })) }),
    ])
  }, [queryClient, id])
}
