import type { Page } from '@playwright/test'
import type { Person } from './api'
import { expect } from './fixtures'
import type { Showcase } from './showcase'
import { type Language, pattern, text } from './texts'

/** What a screen's way in may use. */
export interface View {
  page: Page
  show: Showcase
  t(key: string, values?: Record<string, string>): string
  /** A button by its text's key. */
  button(key: string): ReturnType<Page['getByRole']>
}

export interface Screen {
  name: string
  /** Who looks; the owner unless said. Null: nobody is signed in. */
  as?: 'newcomer' | 'viewer' | 'platformAdmin' | null
  path: string | ((show: Showcase) => string)
  /** Before the page is opened: what the server answers wrongly. */
  before?(view: View): Promise<void>
  /** From the opened page to what is to be seen: opens a dialog, makes an error. */
  arrive?(view: View): Promise<void>
}

export function view(page: Page, show: Showcase, language: Language): View {
  return {
    page,
    show,
    t: (key, values) => text(language, key, values),
    button: (key) => page.getByRole('button', { name: pattern(language, key) }).first(),
  }
}

export function looker(screen: Screen, show: Showcase): Person | null {
  if (screen.as === null) return null
  return show[screen.as ?? 'owner']
}

/** Calls of the API whose path ends like this fail as they do when the database is away. */
async function broken(page: Page, path: RegExp) {
  await page.route(path, (route) =>
    route.fulfill({
      status: 503,
      contentType: 'application/problem+json',
      body: JSON.stringify({
        type: 'urn:banglachat:problem:unavailable',
        title: 'Unavailable',
        status: 503,
        detail: 'The database is away.',
        request_id: '01a207aa-f11d-74c9-bd59-71d72289b17b',
      }),
    }),
  )
}

async function dialog(page: Page) {
  await expect(page.getByRole('dialog').or(page.getByRole('alertdialog')).first()).toBeVisible()
}

export const SCREENS: Screen[] = [
  { name: 'login', as: null, path: '/login' },
  { name: 'register', as: null, path: '/register' },
  { name: 'forgot', as: null, path: '/forgot' },
  { name: 'reset', as: null, path: '/reset#token=x' },
  { name: 'invite', as: null, path: (show) => show.invitation },
  { name: 'home', path: '/client-dashboard' },
  { name: 'home of a newcomer', as: 'newcomer', path: '/client-dashboard' },
  { name: 'inbox', path: '/inbox' },
  { name: 'thread', path: (show) => `/inbox/${show.answered.id}` },
  { name: 'thread with a failed message', path: (show) => `/inbox/${show.failed.id}` },
  { name: 'thread with notes', path: (show) => `/inbox/${show.withNotes.id}` },
  { name: 'thread with a closed window', path: (show) => `/inbox/${show.closedWindow.id}` },
  { name: 'contact', path: (show) => `/inbox/${show.answered.id}/contact` },
  { name: 'agents', path: '/agents' },
  { name: 'new agent', path: '/agents/new' },
  { name: 'agent', path: (show) => `/agents/${show.agent.id}` },
  { name: 'agent with a model', path: (show) => `/agents/${show.modelAgent.id}` },
  { name: 'playground', path: '/playground' },
  { name: 'knowledge', path: '/knowledge' },
  { name: 'accounts', path: '/social/accounts' },
  { name: 'account', path: (show) => `/social/accounts/${show.accounts.facebook.id}` },
  { name: 'connect facebook', path: '/social/accounts/connect/facebook' },
  { name: 'connect instagram', path: '/social/accounts/connect/instagram' },
  { name: 'connect whatsapp', path: '/social/accounts/connect/whatsapp' },
  { name: 'troubles', path: '/troubles' },
  { name: 'team', path: '/team' },
  { name: 'settings', path: '/settings' },
  { name: 'audit', path: '/audit' },
  { name: 'analytics', path: '/analytics' },
  { name: 'profile', path: '/profile' },
  { name: 'platform admin', as: 'platformAdmin', path: '/admin-dashboard' },
  { name: 'forbidden', as: 'viewer', path: '/admin-dashboard' },
  { name: 'not found', path: '/no-such-page' },
  ...opened('dialog of an invitation', '/team', 'team:invite'),
  ...opened('dialog of a removal', '/team', 'team:remove'),
  ...opened('dialog of a key', '/settings?tab=keys', 'settings:key_new'),
  ...opened('dialog of an entry', '/knowledge', 'knowledge:new'),
  ...opened('dialog of an import', '/knowledge', 'knowledge:import'),
  ...opened(
    'dialog of a disconnection',
    (show) => `/social/accounts/${show.accounts.facebook.id}`,
    'channels:disconnect',
  ),
  ...opened(
    'dialog of a raw event',
    (show) => `/social/accounts/${show.accounts.facebook.id}`,
    'channels:event_raw',
  ),
  ...opened('dialog of a suspension', '/admin-dashboard', 'admin:suspend', 'platformAdmin'),
  {
    name: 'palette',
    path: '/client-dashboard',
    async arrive({ page }) {
      await page.keyboard.press('Control+k')
      await dialog(page)
    },
  },
  {
    name: 'help',
    path: '/client-dashboard',
    async arrive({ page }) {
      await page.keyboard.press('?')
      await dialog(page)
    },
  },
  ...failing('home', '/client-dashboard', /\/home$/),
  ...failing('inbox', '/inbox', /\/conversations(\?|$)/),
  ...failing('thread', (show) => `/inbox/${show.answered.id}`, /\/messages(\?|$)/),
  ...failing('agents', '/agents', /\/api\/.*\/agents(\?|$)/),
  ...failing('accounts', '/social/accounts', /\/social_accounts(\?|$)/),
  ...failing('team', '/team', /\/members(\?|$)/),
  ...failing('knowledge', '/knowledge', /\/api\/.*\/knowledge(\?|$)/),
]

/** A page with the window that a button opens. */
function opened(name: string, path: Screen['path'], button: string, as?: Screen['as']): Screen[] {
  const arrive = async (seen: View) => {
    await seen.button(button).click()
    await dialog(seen.page)
  }
  return [{ name, path, arrive, ...(as === undefined ? {} : { as }) }]
}

/** A page whose data the server does not give. */
function failing(name: string, path: Screen['path'], call: RegExp): Screen[] {
  return [
    {
      name: `${name} that fails`,
      path,
      before: ({ page }) => broken(page, call),
      arrive: async ({ page }) => {
        await expect(page.getByRole('alert').first()).toBeVisible()
      },
    },
  ]
}
