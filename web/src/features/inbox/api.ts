/** The inbox's reads and how what they read is kept: the stream tells ids, this asks for them and merges the answers. */
import { infiniteQueryOptions, type QueryClient, queryOptions } from '@tanstack/react-query'
import {
  countConversationsOptions,
  getContactOptions,
  getConversationOptions,
  getConversationQueryKey,
  listConversationsInfiniteQueryKey,
  listMembersOptions,
  listMessagesInfiniteQueryKey,
  listSocialAccountsOptions,
} from '@/api/gen/@tanstack/react-query.gen'
import { getConversation, listConversations, listMessages } from '@/api/gen/sdk.gen'
import {
  addMessage,
  firstPages,
  later,
  mergeConversations,
  mergeMessages,
  type Pages,
  patchConversation,
  replaceMessage,
} from './cache'
import { filterQuery, hasFilters, type InboxSearch, type Tab } from './search'
import type { Conversation, Message } from './types'

const LIST_PAGE = 50
const THREAD_PAGE = 50
/** The most ids that the server takes at once. */
const IDS_AT_ONCE = 50
/** More pages than these are not read again when everything has to be: they come back by scrolling. */
const KEPT_PAGES = 4

/** These queries follow the stream by themselves; see LiveProvider. */
const live = { live: true }

type ListQuery = ReturnType<typeof filterQuery> & { tab: Tab; limit: number }

function listQuery(search: InboxSearch, tab: Tab): ListQuery {
  return { tab, ...filterQuery(search), limit: LIST_PAGE }
}

async function readList(
  organizationId: string,
  query: ListQuery & { cursor?: string; ids?: string },
  signal?: AbortSignal,
) {
  const { data } = await listConversations({
    path: { organization_id: organizationId },
    query,
    signal,
    throwOnError: true,
  })
  return data
}

export function conversationListOptions(organizationId: string, search: InboxSearch, tab: Tab) {
  const query = listQuery(search, tab)
  return infiniteQueryOptions({
    queryKey: listConversationsInfiniteQueryKey({ path: { organization_id: organizationId }, query }),
    queryFn: ({ pageParam, signal }) =>
      readList(organizationId, pageParam ? { ...query, cursor: pageParam } : query, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    // The stream keeps it fresh; a window that gets the focus must not read two hundred pages again.
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    refetchOnMount: 'always',
    meta: live,
  })
}

export function conversationOptions(organizationId: string, conversationId: string) {
  return getConversationOptions({
    path: { organization_id: organizationId, conversation_id: conversationId },
  })
}

export function messagesOptions(organizationId: string, conversationId: string) {
  return infiniteQueryOptions({
    queryKey: listMessagesInfiniteQueryKey({
      path: { organization_id: organizationId, conversation_id: conversationId },
      query: { limit: THREAD_PAGE },
    }),
    queryFn: ({ pageParam, signal }) => readMessages(organizationId, conversationId, pageParam, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    meta: live,
  })
}

async function readMessages(
  organizationId: string,
  conversationId: string,
  cursor: string,
  signal?: AbortSignal,
) {
  const { data } = await listMessages({
    path: { organization_id: organizationId, conversation_id: conversationId },
    query: { limit: THREAD_PAGE, ...(cursor ? { cursor } : {}) },
    signal,
    throwOnError: true,
  })
  return data
}

/** Without a filter this is what the shell shows too. */
export function countsOptions(organizationId: string, search: InboxSearch) {
  const path = { organization_id: organizationId }
  return countConversationsOptions(hasFilters(search) ? { path, query: filterQuery(search) } : { path })
}

export function contactOptions(organizationId: string, contactId: string) {
  return getContactOptions({ path: { organization_id: organizationId, contact_id: contactId } })
}

export function membersOptions(organizationId: string) {
  return queryOptions({
    ...listMembersOptions({ path: { organization_id: organizationId }, query: { limit: 100 } }),
    staleTime: 5 * 60_000,
  })
}

export function accountsOptions(organizationId: string) {
  return queryOptions({
    ...listSocialAccountsOptions({ path: { organization_id: organizationId }, query: { limit: 100 } }),
    staleTime: 60_000,
  })
}

interface KeyPart {
  _id?: string
  _infinite?: boolean
  path?: { organization_id?: string; conversation_id?: string }
  query?: ListQuery
}

function loadedLists(queryClient: QueryClient, organizationId: string) {
  return queryClient.getQueryCache().findAll({
    predicate: ({ queryKey, state }) => {
      const part = queryKey[0] as KeyPart | undefined
      return Boolean(
        part?._id === 'listConversations' &&
          part._infinite &&
          part.path?.organization_id === organizationId &&
          state.data,
      )
    },
  })
}

/** The conversation as one of the loaded lists shows it. */
export function listedConversation(queryClient: QueryClient, organizationId: string, id: string) {
  for (const query of loadedLists(queryClient, organizationId)) {
    const pages = (query.state.data as Pages<Conversation>).pages
    for (const page of pages) {
      const found = page.items.find((row) => row.id === id)
      if (found) return found
    }
  }
  return undefined
}

function setLists(
  queryClient: QueryClient,
  organizationId: string,
  change: (data: Pages<Conversation> | undefined) => Pages<Conversation> | undefined,
) {
  for (const { queryKey } of loadedLists(queryClient, organizationId))
    queryClient.setQueryData<Pages<Conversation>>(queryKey, change)
}

function conversationKey(organizationId: string, conversationId: string) {
  return getConversationQueryKey({
    path: { organization_id: organizationId, conversation_id: conversationId },
  })
}

/** Writes a conversation as the server just answered it, wherever it is shown. */
export function putConversation(queryClient: QueryClient, organizationId: string, fresh: Conversation) {
  queryClient.setQueryData<Conversation>(
    conversationKey(organizationId, fresh.id) as readonly unknown[],
    (old) => later(old, fresh),
  )
  setLists(queryClient, organizationId, (data) =>
    patchConversation(data, fresh.id, (old) => later(old, fresh)),
  )
}

/** Changes a conversation on screen before the server has answered; gives the function that takes it back. */
export function changeConversation(
  queryClient: QueryClient,
  organizationId: string,
  id: string,
  change: (row: Conversation) => Conversation,
): () => void {
  const key: readonly unknown[] = conversationKey(organizationId, id)
  const before = queryClient.getQueryData<Conversation>(key)
  queryClient.setQueryData<Conversation>(key, (old) => old && change(old))
  setLists(queryClient, organizationId, (data) => patchConversation(data, id, change))
  return () => {
    if (!before) return
    queryClient.setQueryData(key, before)
    setLists(queryClient, organizationId, (data) => patchConversation(data, id, () => before))
  }
}

/** Asks for these conversations under the filters of every list on screen, and for the open one by itself. */
export async function refreshConversations(
  queryClient: QueryClient,
  organizationId: string,
  ids: readonly string[],
) {
  const work: Promise<unknown>[] = []
  for (const query of loadedLists(queryClient, organizationId)) {
    // The others are read anew when somebody looks at them.
    if (!query.isActive()) continue
    const filters = (query.queryKey[0] as KeyPart).query
    if (!filters) continue
    for (let at = 0; at < ids.length; at += IDS_AT_ONCE) {
      const asked = ids.slice(at, at + IDS_AT_ONCE)
      work.push(
        readList(organizationId, { ...filters, ids: asked.join(',') }).then(({ items }) =>
          queryClient.setQueryData<Pages<Conversation>>(query.queryKey, (data) =>
            mergeConversations(data, new Set(asked), items),
          ),
        ),
      )
    }
  }
  for (const id of ids) {
    const key = conversationKey(organizationId, id)
    const query = queryClient.getQueryCache().find({ queryKey: key })
    if (!query) continue
    if (!query.isActive())
      void queryClient.invalidateQueries({ queryKey: key, exact: true, refetchType: 'none' })
    else work.push(refreshConversation(queryClient, organizationId, id))
  }
  await Promise.all(work)
}

async function refreshConversation(queryClient: QueryClient, organizationId: string, id: string) {
  const { data } = await getConversation({
    path: { organization_id: organizationId, conversation_id: id },
    throwOnError: true,
  })
  putConversation(queryClient, organizationId, data)
}

const running = new Map<string, { again: boolean; pages: number; done: Promise<void> }>()

/**
 * Reads the newest messages of a loaded thread again and merges them. One reading of a thread at a time: an older
 * answer must not overwrite a newer one; who asks meanwhile gets another reading after it.
 */
export function refreshMessages(
  queryClient: QueryClient,
  organizationId: string,
  conversationId: string,
  pages = 1,
): Promise<void> {
  const current = running.get(conversationId)
  if (current) {
    current.again = true
    current.pages = Math.max(current.pages, pages)
    return current.done
  }
  const { queryKey } = messagesOptions(organizationId, conversationId)
  const entry = { again: false, pages, done: Promise.resolve() }
  const read = async () => {
    let cursor = ''
    const loaded = queryClient.getQueryData<Pages<Message>>(queryKey)?.pages.length ?? 0
    for (let at = 0; at < Math.min(entry.pages, loaded, KEPT_PAGES); at += 1) {
      const page = await readMessages(organizationId, conversationId, cursor)
      queryClient.setQueryData<Pages<Message>>(queryKey, (data) => mergeMessages(data, page))
      if (!page.next_cursor) return
      cursor = page.next_cursor
    }
  }
  entry.done = (async () => {
    try {
      do {
        entry.again = false
        await read()
      } while (entry.again)
    } finally {
      running.delete(conversationId)
    }
  })()
  running.set(conversationId, entry)
  return entry.done
}

export function storeSent(queryClient: QueryClient, organizationId: string, message: Message) {
  const { queryKey } = messagesOptions(organizationId, message.conversation_id)
  queryClient.setQueryData<Pages<Message>>(queryKey, (data) => addMessage(data, message))
}

export function storeDecided(queryClient: QueryClient, organizationId: string, message: Message) {
  const { queryKey } = messagesOptions(organizationId, message.conversation_id)
  queryClient.setQueryData<Pages<Message>>(queryKey, (data) => replaceMessage(data, message))
}

/** Leaves the beginning of a list, so that the next look at it reads one page and not all of them. */
export function trimList(queryClient: QueryClient, queryKey: readonly unknown[]) {
  queryClient.setQueryData<Pages<Conversation>>(queryKey, (data) => firstPages(data, 1))
}

/** A thread that is opened again: what is kept of it is shown at once, and read again. */
export function reopenThread(queryClient: QueryClient, organizationId: string, conversationId: string) {
  const { queryKey } = messagesOptions(organizationId, conversationId)
  const state = queryClient.getQueryState(queryKey)
  if (!state?.data || Date.now() - state.dataUpdatedAt < 1000) return
  queryClient.setQueryData<Pages<Message>>(queryKey, (data) => firstPages(data, KEPT_PAGES))
  refreshMessages(queryClient, organizationId, conversationId, KEPT_PAGES).catch(() => undefined)
}

/** The server cannot tell what was missed: reads again what is on screen, and forgets the rest. */
export async function resyncInbox(
  queryClient: QueryClient,
  organizationId: string,
  openId: string | undefined,
) {
  const work: Promise<unknown>[] = []
  for (const query of loadedLists(queryClient, organizationId)) {
    if (!query.isActive()) {
      queryClient.removeQueries({ queryKey: query.queryKey, exact: true })
      continue
    }
    queryClient.setQueryData<Pages<Conversation>>(query.queryKey, (data) => firstPages(data, KEPT_PAGES))
    work.push(queryClient.refetchQueries({ queryKey: query.queryKey, exact: true }))
  }
  queryClient.removeQueries({
    predicate: ({ queryKey }) => (queryKey[0] as KeyPart | undefined)?._id === 'listMessages',
    type: 'inactive',
  })
  if (openId) {
    work.push(refreshMessages(queryClient, organizationId, openId, KEPT_PAGES))
    work.push(refreshConversation(queryClient, organizationId, openId))
  }
  await Promise.allSettled(work)
}
