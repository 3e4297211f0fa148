/** A page of an organization as the app shows it: route, session, role, live events, texts, and a server that refuses surprises. */
import { Outlet } from '@tanstack/react-router'
import { HttpResponse } from 'msw'
import { setupServer } from 'msw/node'
import type { ReactNode } from 'react'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { client } from '@/api/client'
import type { UserView } from '@/api/gen/types.gen'
import { LiveProvider } from '@/app/live-provider'
import { organizationsOptions, type Role } from '@/app/organization'
import { setLanguage } from '@/app/preferences'
import { adoptSignIn } from '@/app/session'
import { loadTexts, type Namespace } from '@/i18n'
import { mount, testQueryClient } from './mount'

export const API = 'http://localhost/api/v1'
export const ORGANIZATION = 'org-1'
export const ORG_API = `${API}/organizations/${ORGANIZATION}`
export const ME = 'user-1'

/** Registers the server for a test file; every request without a handler fails its test. */
export function startServer() {
  const server = setupServer()
  beforeAll(() => {
    client.setConfig({ baseUrl: 'http://localhost' })
    server.listen({ onUnhandledRequest: 'error' })
  })
  afterEach(() => {
    server.resetHandlers()
    localStorage.clear()
  })
  afterAll(() => server.close())
  return server
}

export function rows<Row>(items: Row[], next_cursor: string | null = null) {
  return HttpResponse.json({ items, next_cursor })
}

export function problem(status: number, type: string, more: object = {}) {
  return HttpResponse.json(
    { type: `urn:banglachat:problem:${type}`, title: '', detail: 'server text', status, ...more },
    { status, headers: { 'X-Request-Id': 'req-1' } },
  )
}

interface Options {
  /** The route's path below `/_app`, as in its file: `/social/accounts/$accountId`. */
  route: string
  /** The address; the route itself when absent. */
  at?: string
  role?: Role
  user?: Partial<UserView>
  language?: 'bn' | 'en'
  texts: Namespace[]
}

export async function renderOrganizationPage(
  page: () => ReactNode,
  { route, at = route, role = 'owner', user, language = 'en', texts }: Options,
) {
  await loadTexts('common', 'ui', 'errors', ...texts)
  await setLanguage(language)
  adoptSignIn(
    {
      access_token: 'token',
      token_type: 'Bearer',
      expires_in: 3600,
      user: {
        id: ME,
        email: 'rahima@example.com',
        name: 'Rahima',
        is_platform_admin: false,
        language,
        theme: 'system',
        shortcuts: true,
        sound: 'off',
        created_at: '2026-01-01T00:00:00Z',
        ...user,
      },
    },
    { announce: false },
  )
  await setLanguage(language)
  const queryClient = testQueryClient()
  queryClient.setQueryData(organizationsOptions.queryKey, {
    items: [{ id: ORGANIZATION, name: 'Shiulitala', role }],
    next_cursor: null,
  })
  const layout = () => (
    <LiveProvider organizationId={ORGANIZATION} userId={ME}>
      <Outlet />
    </LiveProvider>
  )
  return mount(page, { route, at, layout, elsewhere: () => <p>another page</p>, queryClient })
}
