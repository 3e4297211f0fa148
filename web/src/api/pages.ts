/** Helpers for lists by cursor and their query keys. */

/** Begins an infinite list: `useInfiniteQuery({ ...xInfiniteOptions({ path }), ...byCursor({ path }) })`. */
export function byCursor<Path>(first: { path: Path }) {
  return {
    initialPageParam: first,
    getNextPageParam: (page: { next_cursor?: string | null }) => page.next_cursor ?? undefined,
  }
}

/** All rows loaded so far; undefined until the first page is there. */
export function rowsOf<Row>(data: { pages: { items: Row[] }[] } | undefined): Row[] | undefined {
  return data?.pages.flatMap((page) => page.items)
}

/**
 * The key that matches every query of an operation for a path, whatever its filters and pages:
 * `invalidateQueries({ queryKey: anyOf(listMembersQueryKey({ path })) })`.
 */
export function anyOf(key: readonly [{ _id: string; path?: unknown }]) {
  const [{ _id, path }] = key
  return [path === undefined ? { _id } : { _id, path }]
}
