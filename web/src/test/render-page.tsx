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
import { client } from '@/api/client'
import { registerTokenSource } from '@/api/transport'
import i18n, { loadTexts, type Namespace } from '@/i18n'

interface Page {
  /** The address, with its search: "/agents/a1?tab=model". */
  at: string
  /** The route below the signed-in layout, as its file names it: "agents/$agentId". */
  route: string
  component: () => ReactNode
  texts: Namespace[]
}

/** Renders a page of the signed-in app at an address, in English, with a query client of its own. */
export async function renderPage({ at, route, component, texts }: Page) {
  client.setConfig({ baseUrl: 'http://localhost' })
  // jsdom lays nothing out and knows neither.
  window.scrollTo = () => undefined
  Element.prototype.scrollIntoView = () => undefined
  registerTokenSource({ token: async () => 'token', renew: async () => null })
  await i18n.changeLanguage('en')
  await loadTexts('common', 'ui', 'errors', ...texts)
  const root = createRootRoute({ component: Outlet })
  const app = createRoute({
    getParentRoute: () => root,
    id: '_app',
    component: () => (
      <main>
        <Outlet />
      </main>
    ),
  })
  const page = createRoute({ getParentRoute: () => app, path: route, component })
  const elsewhere = createRoute({ getParentRoute: () => app, path: '$', component: () => <h1>elsewhere</h1> })
  const router = createRouter({
    routeTree: root.addChildren([app.addChildren([page, elsewhere])]),
    history: createMemoryHistory({ initialEntries: [at] }),
  })
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  await router.load()
  render(
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  )
  return { router, queryClient }
}

export const API = 'http://localhost/api/v1/organizations/o1'

/** A refusal as the API writes it. */
export function problem(status: number, kind: string, more: Record<string, unknown> = {}) {
  return new Response(
    JSON.stringify({ type: `urn:banglachat:problem:${kind}`, title: kind, status, detail: '', ...more }),
    { status, headers: { 'Content-Type': 'application/problem+json' } },
  )
}
