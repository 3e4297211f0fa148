import { z } from 'zod/mini'

export const TABS = ['needs_human', 'mine', 'ai', 'snoozed', 'closed', 'all'] as const
export type Tab = (typeof TABS)[number]
export const PLATFORMS = ['facebook', 'instagram', 'whatsapp'] as const
export type Platform = (typeof PLATFORMS)[number]

const id = z.optional(z.catch(z.optional(z.uuid()), undefined))

/** The inbox list's filters as they stand in the URL; what makes no sense there is left out. */
const schema = z.object({
  tab: z.optional(z.catch(z.optional(z.enum(TABS)), undefined)),
  q: z.optional(z.catch(z.optional(z.coerce.string().check(z.trim(), z.maxLength(200))), undefined)),
  platform: z.optional(z.catch(z.optional(z.enum(PLATFORMS)), undefined)),
  account: id,
  unread: z.optional(z.catch(z.optional(z.literal(true)), undefined)),
  assignee: id,
})

export type InboxSearch = z.infer<typeof schema>

export function inboxSearch(search: Record<string, unknown>): InboxSearch {
  const { q, ...rest } = schema.parse(search)
  return q ? { ...rest, q } : rest
}

export const DEFAULT_TAB: Tab = 'needs_human'

/** The filters as the API takes them; the same for the list and for the counts, which have no tab. */
export function filterQuery(search: InboxSearch) {
  return {
    ...(search.q ? { q: search.q } : {}),
    ...(search.platform ? { platform: search.platform } : {}),
    ...(search.account ? { account_id: search.account } : {}),
    ...(search.unread ? { unread: true } : {}),
    ...(search.assignee ? { assignee_id: search.assignee } : {}),
  }
}

export function hasFilters(search: InboxSearch): boolean {
  return Object.keys(filterQuery(search)).length > 0
}
