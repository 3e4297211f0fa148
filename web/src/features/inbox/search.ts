/** The inbox list's filters as they stand in the URL. */
export interface InboxSearch {
  tab?: 'needs_human' | 'mine' | 'ai' | 'snoozed' | 'closed' | 'all'
  q?: string
}

export function inboxSearch(search: Record<string, unknown>): InboxSearch {
  return search as InboxSearch
}
