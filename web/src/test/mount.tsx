import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  Outlet,
  RouterProvider,
} from '@tanstack/react-router'
import { render } from '@testing-library/react'
import type { ReactNode } from 'react'

interface Place {
  /** The route's path, as its file names it: `agents/$agentId`. */
  route: string
  /** The address, with its search: `/agents/a1?tab=model`. */
  at: string
  /** What stands around the pages below `/_app`; a page without it stands outside of the signed-in app. */
  layout?: () => ReactNode
  /** Shown at every other address. */
  elsewhere?: () => ReactNode
  queryClient?: QueryClient
}

export function testQueryClient() {
  return new QueryClient({ defaultOptions: { queries: { retry: false } } })
}

/** Shows a page at an address, in a router and with a query client of its own. What the page needs besides is the caller's. */
export async function mount(page: () => ReactNode, place: Place) {
  const { route, at, layout, elsewhere = () => null, queryClient = testQueryClient() } = place
  const root = createRootRoute({ component: Outlet })
  const above = layout ? createRoute({ getParentRoute: () => root, id: '_app', component: layout }) : root
  const pages = [
    createRoute({ getParentRoute: () => above, path: route, component: page }),
    createRoute({ getParentRoute: () => above, path: '$', component: elsewhere }),
  ]
  const router = createRouter({
    routeTree: layout ? root.addChildren([above.addChildren(pages)]) : root.addChildren(pages),
    history: createMemoryHistory({ initialEntries: [at] }),
  })
  await router.load()
  const view = render(
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  )
  return { ...view, router, queryClient }
}
