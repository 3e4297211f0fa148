import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { describe, expect, it, vi } from 'vitest'
import type { ApiKeyView, AuditView, OrganizationView } from '@/api/gen/types.gen'
import type { Role } from '@/app/organization'
import {
  API,
  ME,
  ORG_API,
  ORGANIZATION,
  problem,
  renderOrganizationPage,
  rows,
  startServer,
} from '@/test/organization-page'
import { AuditPage } from './audit-page'
import { SettingsPage } from './settings-page'

vi.mock('@/app/live', () => import('@/test/fake-live'))

const server = startServer()
const ORG: OrganizationView = {
  id: ORGANIZATION,
  name: 'Shiulitala',
  role: 'owner',
  timezone: 'Asia/Dhaka',
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
}
const KEY: ApiKeyView = {
  id: 'key-1',
  name: 'Website',
  role: 'operator',
  last4: 'wxyz',
  created_by: { user_id: ME, name: 'Rahima' },
  created_at: '2026-01-01T00:00:00Z',
}
const organization = (answer: () => Response) => server.use(http.get(ORG_API, answer))
const keys = (items: ApiKeyView[]) => server.use(http.get(`${ORG_API}/api_keys`, () => rows(items)))

function show(tab?: string, role: Role = 'owner', language: 'bn' | 'en' = 'en') {
  const at = tab ? `/settings?tab=${tab}` : '/settings'
  return renderOrganizationPage(SettingsPage, { route: '/settings', at, texts: ['settings'], role, language })
}

describe("the organization's profile", () => {
  it('saves what was changed, and is clean afterwards', async () => {
    let sent: unknown
    organization(() => HttpResponse.json(ORG))
    server.use(
      http.patch(ORG_API, async ({ request }) => {
        sent = await request.json()
        return HttpResponse.json({ ...ORG, name: 'Shiulitala 2' })
      }),
      http.get(`${API}/organizations`, () =>
        rows([{ id: ORGANIZATION, name: 'Shiulitala 2', role: 'owner' }]),
      ),
    )
    await show()
    expect(await screen.findByRole('button', { name: 'Save changes' })).toBeDisabled()
    await userEvent.type(screen.getByLabelText(/Name of the organization/), ' 2')
    await userEvent.click(screen.getByRole('button', { name: 'Save changes' }))
    await waitFor(() => expect(sent).toEqual({ name: 'Shiulitala 2', timezone: 'Asia/Dhaka' }))
    await waitFor(() => expect(screen.getByRole('button', { name: 'Save changes' })).toBeDisabled())
  })

  it('keeps what is being typed when somebody else saves meanwhile', async () => {
    organization(() => HttpResponse.json(ORG))
    const { queryClient } = await show()
    const name = await screen.findByLabelText(/Name of the organization/)
    await userEvent.type(name, ' mine')
    organization(() => HttpResponse.json({ ...ORG, name: 'Theirs', timezone: 'Asia/Kolkata' }))
    await queryClient.refetchQueries({
      predicate: ({ queryKey }) => JSON.stringify(queryKey).includes('getOrganization'),
    })
    expect(name).toHaveValue('Shiulitala mine')
  })

  it('asks before unsaved changes are left', async () => {
    organization(() => HttpResponse.json(ORG))
    const { router } = await show()
    await userEvent.type(await screen.findByLabelText(/Name of the organization/), ' x')
    void router.navigate({ to: '/inbox' as never })
    const dialog = await screen.findByRole('alertdialog')
    expect(router.state.location.pathname).toBe('/settings')
    await userEvent.click(within(dialog).getByRole('button', { name: /Leave|Discard/ }))
    expect(await screen.findByText('another page')).toBeVisible()
  })

  it('tells the limit in Bangla digits', async () => {
    organization(() => HttpResponse.json({ ...ORG, name: 'x'.repeat(100) }))
    await show(undefined, 'owner', 'bn')
    await userEvent.type(await screen.findByDisplayValue('x'.repeat(100)), 'y{Tab}')
    await waitFor(() => expect(screen.getByDisplayValue(/xy$/)).toHaveAccessibleDescription(/১০০/))
  })

  it('is there to read for a viewer, without the tabs of admins and owners', async () => {
    organization(() => HttpResponse.json(ORG))
    await show('danger', 'viewer')
    expect(await screen.findByLabelText(/Name of the organization/)).toHaveAttribute('readonly')
    expect(screen.getAllByRole('tab')).toHaveLength(1)
    expect(screen.queryByRole('button', { name: 'Save changes' })).toBeNull()
  })

  it('tries again after a failure', async () => {
    organization(() => problem(503, 'unavailable'))
    await show()
    await screen.findByText('The server is busy. Try again in a moment.')
    organization(() => HttpResponse.json(ORG))
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
    expect(await screen.findByLabelText(/Name of the organization/)).toHaveValue('Shiulitala')
  })
})

describe('API keys', () => {
  it('shows a new key once, and not by a stray Escape away', async () => {
    keys([])
    server.use(
      http.post(`${ORG_API}/api_keys`, () => {
        keys([KEY])
        return HttpResponse.json({ api_key: KEY, key: 'bcp_secret' }, { status: 201 })
      }),
    )
    await show('keys')
    expect(await screen.findByText('No keys yet')).toBeVisible()
    await userEvent.click(screen.getByRole('button', { name: 'New key' }))
    await userEvent.type(await screen.findByLabelText(/^Name/), 'Website')
    await userEvent.click(screen.getByRole('button', { name: 'Make the key' }))
    expect(await screen.findByLabelText('The key')).toHaveValue('bcp_secret')
    await userEvent.keyboard('{Escape}')
    expect(screen.getByLabelText('The key')).toBeVisible()
    await userEvent.click(screen.getByRole('button', { name: 'Done' }))
    expect(await screen.findByText('ends with wxyz')).toBeVisible()
    expect(screen.queryByDisplayValue('bcp_secret')).toBeNull()
  })

  it('needs a name', async () => {
    keys([])
    await show('keys')
    await userEvent.click(await screen.findByRole('button', { name: 'New key' }))
    await userEvent.click(await screen.findByRole('button', { name: 'Make the key' }))
    expect(await screen.findByLabelText(/^Name/)).toHaveAccessibleDescription(/Fill this in/)
  })

  it('revokes after asking, and says which one', async () => {
    keys([KEY])
    server.use(
      http.delete(`${ORG_API}/api_keys/key-1`, () => {
        keys([])
        return new HttpResponse(null, { status: 204 })
      }),
    )
    await show('keys')
    await userEvent.click(await screen.findByRole('button', { name: 'Revoke' }))
    const dialog = await screen.findByRole('alertdialog', { name: 'Revoke the key “Website”?' })
    await userEvent.click(within(dialog).getByRole('button', { name: 'Revoke' }))
    expect(await screen.findByText('No keys yet')).toBeVisible()
  })

  it('marks an expired key', async () => {
    keys([{ ...KEY, expires_at: '2026-01-02T00:00:00Z' }])
    await show('keys')
    expect(await screen.findByText('expired')).toBeVisible()
  })
})

describe('closing the organization', () => {
  it('asks first, and stays with the reason when it is refused', async () => {
    server.use(http.delete(ORG_API, () => problem(503, 'unavailable')))
    await show('danger')
    await userEvent.click(await screen.findByRole('button', { name: 'Close the organization' }))
    const dialog = await screen.findByRole('alertdialog', { name: 'Close Shiulitala?' })
    await userEvent.click(within(dialog).getByRole('button', { name: 'Close the organization' }))
    expect(await within(dialog).findByRole('alert')).toHaveTextContent('The server is busy.')
  })
})

describe('log of changes', () => {
  const entry = (change: Partial<AuditView>): AuditView => ({
    id: change.action ?? 'entry',
    action: 'agent.created',
    subject_id: 'agent-1',
    subject_kind: 'agent',
    details: {},
    user_id: ME,
    created_at: '2026-01-01T00:00:00Z',
    ...change,
  })
  const log = (answer: () => Response) =>
    server.use(
      http.get(`${ORG_API}/audit_log`, answer),
      http.get(`${ORG_API}/members`, () => rows([{ user_id: ME, name: 'Rahima' }])),
    )
  const showLog = () =>
    renderOrganizationPage(AuditPage, { route: '/audit', texts: ['settings'], role: 'admin' })

  it('says who did what; an action newer than the page stands as its code', async () => {
    log(() =>
      rows([
        entry({}),
        entry({ action: 'moon.landed', user_id: null }),
        entry({ action: 'member.left', user_id: 'gone' }),
        entry({ action: 'platform_admin.view_started', user_id: 'gone' }),
      ]),
    )
    await showLog()
    await screen.findByText('made an agent')
    await screen.findAllByText('Rahima')
    const lines = screen.getAllByRole('row').map((row) => row.textContent)
    expect(lines[1]).toMatch(/made an agent.*Rahima/)
    expect(lines[2]).toMatch(/moon\.landed.*the system/)
    expect(lines[3]).toMatch(/left.*a former member/)
    expect(lines[4]).toMatch(/looked in as a platform admin.*a platform admin/)
  })

  it('shows details on demand', async () => {
    log(() => rows([entry({ details: { role: 'admin' } })]))
    await showLog()
    expect(await screen.findByText('Show details')).toBeVisible()
    expect(screen.getByText('role:').closest('div')).toHaveTextContent('role: admin')
  })

  it('is empty, forbidden or broken in words', async () => {
    log(() => rows([]))
    const empty = await showLog()
    expect(await screen.findByText('Nothing has been changed yet')).toBeVisible()
    empty.unmount()
    log(() => problem(403, 'forbidden'))
    const forbidden = await showLog()
    expect(await screen.findByRole('heading', { level: 2 })).toBeVisible()
    expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull()
    forbidden.unmount()
    log(() => problem(503, 'unavailable'))
    await showLog()
    expect(await screen.findByRole('button', { name: 'Try again' })).toBeVisible()
  })
})
