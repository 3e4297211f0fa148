import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { describe, expect, it, vi } from 'vitest'
import type { AdminOrganizationView, AdminUserView } from '@/api/gen/types.gen'
import { API, ME, problem, renderOrganizationPage, rows, startServer } from '@/test/organization-page'
import { PlatformPage } from './platform-page'

vi.mock('@/app/live', () => import('@/test/fake-live'))

const server = startServer()
const ADMIN = `${API}/admin`
const SHOP: AdminOrganizationView = {
  organization_id: 'org-2',
  name: 'Shapla Store',
  members: 2,
  accounts: 3,
  accounts_broken: 1,
  conversations_7d: 4,
  messages_7d: 5,
  answers_7d: 6,
  tokens_30d: 7,
  created_at: '2026-01-01T00:00:00Z',
}
const KARIM: AdminUserView = {
  id: 'user-2',
  name: 'Karim',
  email: 'karim@example.com',
  is_platform_admin: false,
  organizations: [{ organization_id: 'org-2', name: 'Shapla Store', role: 'owner' }],
  created_at: '2026-01-01T00:00:00Z',
}

const show = (tab: string, admin = true, language: 'bn' | 'en' = 'en') =>
  renderOrganizationPage(PlatformPage, {
    route: '/admin-dashboard',
    at: `/admin-dashboard?tab=${tab}`,
    texts: ['admin'],
    user: { is_platform_admin: admin },
    language,
  })
const organizations = (items: AdminOrganizationView[]) =>
  server.use(http.get(`${ADMIN}/organizations`, () => rows(items)))
const users = (items: AdminUserView[]) => server.use(http.get(`${ADMIN}/users`, () => rows(items)))

describe('the page of platform admins', () => {
  it('asks the server nothing for anybody else', async () => {
    await show('organizations', false)
    expect(await screen.findByText('This page is for platform admins.')).toBeVisible()
    expect(screen.queryByRole('tab')).toBeNull()
  })

  it('suspends only with a reason, which the server gets', async () => {
    let sent: unknown
    organizations([SHOP])
    server.use(
      http.post(`${ADMIN}/organizations/org-2/suspend`, async ({ request }) => {
        sent = await request.json()
        organizations([{ ...SHOP, suspended_at: '2026-01-02T00:00:00Z', suspended_reason: 'spam' }])
        return HttpResponse.json({})
      }),
    )
    await show('organizations')
    await userEvent.click(await screen.findByRole('button', { name: 'Suspend' }))
    const dialog = await screen.findByRole('alertdialog', { name: 'Suspend Shapla Store?' })
    const confirm = within(dialog).getByRole('button', { name: 'Suspend' })
    await userEvent.type(within(dialog).getByLabelText(/Reason/), '  x ')
    await userEvent.click(confirm)
    expect(within(dialog).getByLabelText(/Reason/)).toBeInvalid()
    expect(sent).toBeUndefined()
    await userEvent.type(within(dialog).getByLabelText(/Reason/), 'spam to many')
    await userEvent.click(confirm)
    expect(await screen.findByRole('button', { name: 'End suspension' })).toBeVisible()
    expect(sent).toEqual({ reason: 'x spam to many' })
    expect(screen.getByText('spam')).toBeVisible()
  })

  it('looks in with a reason, and stays where it is when refused', async () => {
    organizations([SHOP])
    server.use(http.post(`${ADMIN}/organizations/org-2/view`, () => problem(503, 'unavailable')))
    const { router } = await show('organizations')
    await userEvent.click(await screen.findByRole('button', { name: 'Look in' }))
    const dialog = await screen.findByRole('alertdialog')
    await userEvent.type(within(dialog).getByLabelText(/Reason/), 'asked for help')
    await userEvent.click(within(dialog).getByRole('button', { name: 'Look in' }))
    expect(await within(dialog).findByRole('alert')).toHaveTextContent('The server is busy.')
    expect(router.state.location.pathname).toBe('/admin-dashboard')
  })

  it('searches on the server, and says when nothing is called so', async () => {
    server.use(
      http.get(`${ADMIN}/organizations`, ({ request }) =>
        rows(new URL(request.url).searchParams.get('q') === 'moon' ? [] : [SHOP]),
      ),
    )
    await show('organizations')
    await userEvent.type(await screen.findByLabelText('Search organizations by name'), 'moon')
    expect(await screen.findByText('No organization is called so')).toBeVisible()
  })

  it('shows a password link once, and not by a stray Escape away', async () => {
    users([KARIM])
    server.use(
      http.post(`${ADMIN}/users/user-2/reset_link`, () =>
        HttpResponse.json({ url: 'https://chat.example/reset#secret', expires_at: '2026-01-01T00:30:00Z' }),
      ),
    )
    await show('users')
    await userEvent.click(await screen.findByRole('button', { name: 'Password link' }))
    const asking = await screen.findByRole('alertdialog')
    await userEvent.type(within(asking).getByLabelText(/Reason/), 'lost the phone')
    await userEvent.click(within(asking).getByRole('button', { name: 'Password link' }))
    const dialog = await screen.findByRole('dialog', { name: 'The link for Karim' })
    expect(within(dialog).getByLabelText('Password link')).toHaveValue('https://chat.example/reset#secret')
    await userEvent.keyboard('{Escape}')
    expect(dialog).toBeVisible()
    await userEvent.click(within(dialog).getByRole('button', { name: 'Done' }))
    await waitFor(() => expect(screen.queryByDisplayValue(/secret/)).toBeNull())
  })

  it('offers nobody to lock themselves out, and a disabled user no link', async () => {
    users([
      { ...KARIM, id: ME, name: 'Rahima', is_platform_admin: true },
      { ...KARIM, disabled_at: '2026-01-02T00:00:00Z' },
    ])
    await show('users')
    expect(await screen.findByText('disabled')).toBeVisible()
    expect(screen.getByRole('button', { name: 'Enable' })).toBeVisible()
    expect(screen.queryByRole('button', { name: 'Disable' })).toBeNull()
    expect(screen.queryByRole('button', { name: 'Password link' })).toBeNull()
  })

  it('shows what waits, and warns of what waits too long', async () => {
    const queue = { ready: 2, running: 0, dead: 0, oldest_ready_seconds: 90 }
    server.use(
      http.get(`${ADMIN}/queue`, () =>
        HttpResponse.json({
          webhook_events: queue,
          mails: { ...queue, ready: 0, oldest_ready_seconds: null },
          jobs: [{ kind: 'reply', ready: 1, running: 1, dead: 0, oldest_due_seconds: 5 }],
        }),
      ),
    )
    await show('queue')
    expect(await screen.findByRole('heading', { name: 'Answers to write' })).toBeVisible()
    expect(screen.getByText('nothing waits')).toBeVisible()
    expect(screen.getAllByText(/Oldest waits for/)).toHaveLength(2)
  })

  it('says that no event failed; tries again after a failure', async () => {
    server.use(http.get(`${ADMIN}/webhook_events`, () => problem(503, 'unavailable')))
    await show('events')
    const retry = await screen.findByRole('button', { name: 'Try again' })
    server.use(http.get(`${ADMIN}/webhook_events`, () => rows([])))
    await userEvent.click(retry)
    expect(await screen.findByText('No failed events')).toBeVisible()
  })
})
