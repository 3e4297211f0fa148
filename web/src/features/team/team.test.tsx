import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { describe, expect, it, vi } from 'vitest'
import type { InvitationView, MemberView } from '@/api/gen/types.gen'
import type { Role } from '@/app/organization'
import {
  API,
  ME,
  ORG_API,
  problem,
  renderOrganizationPage,
  rows,
  startServer,
} from '@/test/organization-page'
import { TeamPage } from './team-page'

vi.mock('@/app/live', () => import('@/test/fake-live'))

const server = startServer()
const member = (user_id: string, name: string, role: Role): MemberView => ({
  user_id,
  name,
  role,
  email: `${user_id}@example.com`,
  created_at: '2026-01-01T00:00:00Z',
})
const INVITATION: InvitationView = {
  id: 'invitation-1',
  email: 'karim@example.com',
  role: 'operator',
  status: 'open',
  invited_by: ME,
  created_at: '2026-01-01T00:00:00Z',
  expires_at: '2026-01-08T00:00:00Z',
}

function answers(members: MemberView[] | (() => Response), invitations: InvitationView[] = []) {
  server.use(
    http.get(`${ORG_API}/members`, () => (Array.isArray(members) ? rows(members) : members())),
    http.get(`${ORG_API}/invitations`, () => rows(invitations)),
  )
}
const show = (role: Role = 'owner') =>
  renderOrganizationPage(TeamPage, { route: '/team', texts: ['team'], role })
const offered = (select: HTMLElement) =>
  within(select)
    .getAllByRole('option')
    .map((option) => option.textContent)

async function invite(mail: boolean) {
  server.use(
    http.get(`${API}/installation`, () => HttpResponse.json({ mail, version: '1', web: true })),
    http.post(`${ORG_API}/invitations`, () =>
      HttpResponse.json({ ...INVITATION, link: 'https://chat.example/invite#secret' }, { status: 201 }),
    ),
  )
  await userEvent.click((await screen.findAllByRole('button', { name: 'Invite' }))[0] as HTMLElement)
  await screen.findByText(mail ? /They get a mail/ : /You get a link to pass on/)
  await userEvent.type(screen.getByLabelText(/E-mail address/), 'karim@example.com')
  await userEvent.click(screen.getByRole('button', { name: 'Make the invitation' }))
  return screen.findByRole('dialog', { name: /karim@example.com is ready/ })
}

describe('team', () => {
  it('offers an admin no role above their own, and no hand on an owner', async () => {
    answers([
      member(ME, 'Rahima', 'admin'),
      member('u2', 'Karim', 'operator'),
      member('u3', 'Owner Apa', 'owner'),
    ])
    await show('admin')
    expect(offered(await screen.findByLabelText('Role of Karim'))).toEqual(['Viewer', 'Operator', 'Admin'])
    expect(screen.queryByLabelText('Role of Owner Apa')).toBeNull()
    expect(screen.queryByLabelText('Role of Rahima')).toBeNull()
    expect(screen.getAllByRole('button', { name: 'Remove' })).toHaveLength(1)
  })

  it('lets a viewer see the members, leave, and nothing else', async () => {
    answers([member(ME, 'Rahima', 'viewer'), member('u2', 'Karim', 'operator')])
    await show('viewer')
    expect(await screen.findByText('Karim')).toBeVisible()
    expect(screen.getByRole('button', { name: 'Leave' })).toBeVisible()
    expect(screen.queryByRole('button', { name: 'Remove' })).toBeNull()
    expect(screen.queryByRole('button', { name: 'Invite' })).toBeNull()
    expect(screen.queryByText('Invitations')).toBeNull()
  })

  it('sends a changed role and shows what the server made of it', async () => {
    let sent: unknown
    answers([member('u2', 'Karim', 'operator')])
    server.use(
      http.patch(`${ORG_API}/members/u2`, async ({ request }) => {
        sent = await request.json()
        answers([member('u2', 'Karim', 'admin')])
        return HttpResponse.json(member('u2', 'Karim', 'admin'))
      }),
    )
    await show()
    await userEvent.selectOptions(await screen.findByLabelText('Role of Karim'), 'Admin')
    await waitFor(() => expect(sent).toEqual({ role: 'admin' }))
    await waitFor(() => expect(screen.getByLabelText('Role of Karim')).toHaveValue('admin'))
  })

  it('goes back to the old role when the server refuses the new one', async () => {
    answers([member('u2', 'Karim', 'operator')])
    server.use(http.patch(`${ORG_API}/members/u2`, () => problem(409, 'conflict')))
    await show()
    await userEvent.selectOptions(await screen.findByLabelText('Role of Karim'), 'Admin')
    await waitFor(() => expect(screen.getByLabelText('Role of Karim')).toBeEnabled())
    expect(screen.getByLabelText('Role of Karim')).toHaveValue('operator')
  })

  it('tells the last owner why they cannot leave', async () => {
    answers([member(ME, 'Rahima', 'owner')])
    server.use(
      http.delete(`${ORG_API}/members/${ME}`, () => problem(409, 'conflict', { code: 'last_owner' })),
    )
    await show()
    await userEvent.click(await screen.findByRole('button', { name: 'Leave' }))
    const dialog = await screen.findByRole('alertdialog', { name: 'Leave Shiulitala?' })
    await userEvent.click(within(dialog).getByRole('button', { name: 'Leave' }))
    expect(await within(dialog).findByRole('alert')).toHaveTextContent('An organization needs an owner.')
  })

  it('shows the link of an invitation once, and does not lose it by a stray Escape', async () => {
    answers([])
    await show()
    const dialog = await invite(false)
    expect(within(dialog).getByLabelText('Link of the invitation')).toHaveValue(
      'https://chat.example/invite#secret',
    )
    await userEvent.keyboard('{Escape}')
    expect(dialog).toBeVisible()
    await userEvent.click(within(dialog).getByRole('button', { name: 'Done' }))
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
    await userEvent.click((await screen.findAllByRole('button', { name: 'Invite' }))[0] as HTMLElement)
    expect(await screen.findByLabelText(/E-mail address/)).toHaveValue('')
    expect(screen.queryByDisplayValue(/secret/)).toBeNull()
  })

  it('says that the link went out by mail where mail is set up', async () => {
    answers([])
    await show()
    expect(await invite(true)).toHaveTextContent('on its way to them by mail')
  })

  it('says when the address is a member already', async () => {
    answers([])
    await show()
    server.use(
      http.get(`${API}/installation`, () => HttpResponse.json({ mail: false, version: '1', web: true })),
      http.post(`${ORG_API}/invitations`, () => problem(409, 'conflict', { code: 'already_member' })),
    )
    await userEvent.click((await screen.findAllByRole('button', { name: 'Invite' }))[0] as HTMLElement)
    await userEvent.type(await screen.findByLabelText(/E-mail address/), 'karim@example.com')
    await userEvent.click(screen.getByRole('button', { name: 'Make the invitation' }))
    expect(await screen.findByRole('alert')).toHaveTextContent('This person is a member already.')
  })

  it('takes an open invitation back; an accepted one cannot be', async () => {
    answers([], [INVITATION, { ...INVITATION, id: 'i2', email: 'old@example.com', status: 'accepted' }])
    server.use(
      http.delete(`${ORG_API}/invitations/invitation-1`, () => {
        answers([], [{ ...INVITATION, status: 'revoked' }])
        return new HttpResponse(null, { status: 204 })
      }),
    )
    await show()
    await userEvent.click(await screen.findByRole('button', { name: 'Take back' }))
    const dialog = await screen.findByRole('alertdialog')
    await userEvent.click(within(dialog).getByRole('button', { name: 'Take back' }))
    expect(await screen.findByText('taken back')).toBeVisible()
  })

  it('tries again after a failure, and does not when it is forbidden', async () => {
    answers(() => problem(503, 'unavailable'))
    const { unmount } = await show('viewer')
    await screen.findByText('The server is busy. Try again in a moment.')
    answers([member('u2', 'Karim', 'operator')])
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
    expect(await screen.findByText('Karim')).toBeVisible()
    unmount()
    answers(() => problem(403, 'forbidden'))
    await show('viewer')
    await waitFor(() => expect(screen.queryByText('Karim')).toBeNull())
    expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull()
  })
})
