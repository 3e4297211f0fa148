import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from '@tanstack/react-router'
import { render } from '@testing-library/react'
import type { ReactNode } from 'react'
import { setLanguage } from '@/app/preferences'
import i18n, { loadTexts, type Namespace } from '@/i18n'

interface Options {
  /** Path with search that the page stands at. */
  at?: string
  language?: 'bn' | 'en'
  texts?: Namespace[]
}

/** A page as a route shows it, with texts, queries and a router whose other paths are blank. */
export async function renderPage(
  page: () => ReactNode,
  { at = '/', language = 'en', texts = [] }: Options = {},
) {
  await loadTexts('common', 'ui', 'errors', ...texts)
  await setLanguage(language)
  const root = createRootRoute()
  const [path = '/'] = at.split('?')
  const shown = createRoute({ getParentRoute: () => root, path, component: page })
  const rest = createRoute({ getParentRoute: () => root, path: '$', component: () => null })
  const router = createRouter({
    routeTree: root.addChildren([shown, rest]),
    history: createMemoryHistory({ initialEntries: [at] }),
  })
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  await router.load()
  const view = render(
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  )
  return { ...view, router, queryClient, t: i18n.t }
}
