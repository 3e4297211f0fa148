export const TABS = ['needs_human', 'mine', 'ai', 'snoozed', 'closed', 'all'] as const
export type Tab = (typeof TABS)[number]
export const PLATFORMS = ['facebook', 'instagram', 'whatsapp'] as const
type Platform = (typeof PLATFORMS)[number]

export interface InboxSearch {
  tab?: Tab
  q?: string
  platform?: Platform
  account?: string
  unread?: true
  assignee?: string
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const MAX_QUERY = 200

function oneOf<Value extends string>(known: readonly Value[], asked: unknown): Value | undefined {
  return known.find((value) => value === asked)
}

function uuid(asked: unknown): string | undefined {
  return typeof asked === 'string' && UUID.test(asked) ? asked : undefined
}

/**
 * The inbox list's filters as they stand in the URL; what makes no sense there is left out. By hand, because this is in
 * the first code that everybody loads.
 */
export function inboxSearch(search: Record<string, unknown>): InboxSearch {
  const q = ['string', 'number', 'boolean'].includes(typeof search['q']) ? String(search['q']).trim() : ''
  const found: InboxSearch = {
    tab: oneOf(TABS, search['tab']),
    q: q.length <= MAX_QUERY ? q || undefined : undefined,
    platform: oneOf(PLATFORMS, search['platform']),
    account: uuid(search['account']),
    unread: search['unread'] === true ? true : undefined,
    assignee: uuid(search['assignee']),
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined))
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
