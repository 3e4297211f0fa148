import { Outlet } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { client } from '@/api/client'
import { registerTokenSource } from '@/api/transport'
import i18n, { loadTexts, type Namespace } from '@/i18n'
import { mount } from './mount'

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
  const layout = () => (
    <main>
      <Outlet />
    </main>
  )
  return mount(component, { route, at, layout, elsewhere: () => <h1>elsewhere</h1> })
}

export const API = 'http://localhost/api/v1/organizations/o1'

/** A refusal as the API writes it. */
export function problem(status: number, kind: string, more: Record<string, unknown> = {}) {
  return new Response(
    JSON.stringify({ type: `urn:banglachat:problem:${kind}`, title: kind, status, detail: '', ...more }),
    { status, headers: { 'Content-Type': 'application/problem+json' } },
  )
}
