/** What the inbox's components need around them in a test: session, organization, texts, router, server. */
import { QueryClientProvider } from '@tanstack/react-query'
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
import type { SignedIn } from '@/api/gen/types.gen'
import type { CurrentOrganization } from '@/app/organization'
import { queryClient } from '@/app/query-client'
import { adoptSignIn } from '@/app/session'
import i18n, { loadTexts } from '@/i18n'
import { ORGANIZATION, USER } from './test-data'

export const API = `http://localhost:3000/api/v1/organizations/${ORGANIZATION}`

export const organization: CurrentOrganization = {
  id: ORGANIZATION,
  name: 'শিউলিতলা',
  role: 'operator',
  viewing: false,
  can: () => true,
}

export async function prepare(language: 'bn' | 'en' = 'en') {
  client.setConfig({ baseUrl: 'http://localhost:3000' })
  queryClient.clear()
  queryClient.setDefaultOptions({ queries: { ...queryClient.getDefaultOptions().queries, retry: false } })
  await i18n.changeLanguage(language)
  await loadTexts('common', 'ui', 'errors', 'inbox')
  const answer: SignedIn = {
    access_token: 'token',
    expires_in: 3600,
    user: {
      id: USER,
      email: 'a@b.test',
      name: 'Rahima',
      created_at: '2026-01-01T00:00:00Z',
      is_platform_admin: false,
      language: 'en',
      theme: 'light',
      shortcuts: true,
      sound: 'off',
    },
  } as SignedIn
  adoptSignIn(answer, { announce: false })
}

export async function show(page: ReactNode) {
  const root = createRootRoute({ component: Outlet })
  const paths = ['/', '/inbox', '/inbox/$conversationId', '/social/accounts', '/social/accounts/$accountId']
  const routes = paths.map((path) =>
    createRoute({ getParentRoute: () => root, path, component: () => (path === '/' ? page : null) }),
  )
  const router = createRouter({
    routeTree: root.addChildren(routes),
    history: createMemoryHistory({ initialEntries: ['/'] }),
  })
  await router.load()
  return {
    router,
    ...render(
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router as never} />
      </QueryClientProvider>,
    ),
  }
}
