import { act, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { MessageView, PlatformAppView, SocialAccountView } from '@/api/gen/types.gen'
import { sendLive } from '@/test/fake-live'
import { ORG_API, problem, renderOrganizationPage, rows, startServer } from '@/test/organization-page'
import { AccountPage } from './account-page'
import { AccountsPage } from './accounts-page'
import { ConnectPage } from './connect-page'
import { TroublesPage } from './troubles-page'

vi.mock('@/app/live', () => import('@/test/fake-live'))

const server = startServer()
const ACCOUNT: SocialAccountView = {
  id: 'account-1',
  platform: 'facebook',
  login: 'page',
  name: 'Shiulitala Page',
  external_id: '123',
  access_token: { configured: true, last4: 'wxyz' },
  agent_id: 'agent-1',
  agent_name: 'Mitu',
  auto_reply: true,
  health: 'ok',
  queued_messages: 0,
  dead_letters: 0,
  webhook_url: 'https://chat.example/webhooks/meta/1',
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
}
const APP: PlatformAppView = {
  platform: 'facebook',
  app_id: '99',
  app_secret: { configured: true, last4: 'abcd' },
  app_secret_previous: { configured: false },
  verify_token: 'verify-me',
  webhook_url: 'https://chat.example/webhooks/meta/1',
  handshake_at: null,
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
}
const MESSAGE: MessageView = {
  id: 'message-1',
  conversation_id: 'conversation-1',
  author: 'agent',
  kind: 'text',
  text: 'দাম ৫০০ টাকা',
  state: 'unknown',
  attachments: [],
  parts: [],
  created_at: '2026-01-01T00:00:00Z',
  ordered_at: '2026-01-01T00:00:00Z',
}

beforeEach(() => server.use(http.get(`${ORG_API}/agents`, () => rows([{ id: 'agent-1', name: 'Mitu' }]))))

describe('all accounts', () => {
  const accounts = (answer: () => Response) => server.use(http.get(`${ORG_API}/social_accounts`, answer))
  const show = (role: 'viewer' | 'admin' = 'admin', language: 'bn' | 'en' = 'en') =>
    renderOrganizationPage(AccountsPage, { route: '/social/accounts', texts: ['channels'], role, language })

  it('offers every platform when there is none yet', async () => {
    accounts(() => rows([]))
    await show()
    expect(await screen.findByRole('heading', { name: 'Connect your first account' })).toBeVisible()
    expect(screen.getByRole('link', { name: /Connect WhatsApp/ })).toBeVisible()
  })

  it('sends a viewer to an admin', async () => {
    accounts(() => rows([]))
    await show('viewer')
    expect(await screen.findByText('Only an admin can connect accounts.')).toBeVisible()
    expect(screen.queryByRole('link', { name: /Connect WhatsApp/ })).toBeNull()
  })

  it('says which token the platform refuses, in Bangla too', async () => {
    accounts(() => rows([{ ...ACCOUNT, health: 'needs_reconnect' }]))
    const { container } = await show('admin', 'bn')
    expect(await screen.findByText('Shiulitala Page')).toBeVisible()
    expect(container.querySelector('article')).toHaveTextContent(/টোকেন/)
  })

  it('tries again after a failure', async () => {
    accounts(() => problem(503, 'unavailable'))
    await show()
    await screen.findByText('The server is busy. Try again in a moment.')
    accounts(() => rows([ACCOUNT]))
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
    expect(await screen.findByRole('link', { name: 'Shiulitala Page' })).toBeVisible()
  })
})

describe('one account', () => {
  const account = (answer: () => Response) =>
    server.use(http.get(`${ORG_API}/social_accounts/account-1`, answer))
  const show = (role: 'viewer' | 'admin' = 'admin') =>
    renderOrganizationPage(AccountPage, {
      route: '/social/accounts/$accountId',
      at: '/social/accounts/account-1',
      texts: ['channels'],
      role,
    })
  beforeEach(() => server.use(http.get(`${ORG_API}/inbound_events`, () => rows([]))))

  it('never shows the saved token, and keeps it when the field stays empty', async () => {
    let sent: unknown
    account(() => HttpResponse.json(ACCOUNT))
    server.use(
      http.patch(`${ORG_API}/social_accounts/account-1`, async ({ request }) => {
        sent = await request.json()
        return HttpResponse.json({ ...ACCOUNT, name: 'New name' })
      }),
      http.get(`${ORG_API}/social_accounts`, () => rows([])),
    )
    await show()
    expect(await screen.findByLabelText(/New access token/, { selector: 'input' })).toHaveValue('')
    const name = screen.getByLabelText(/^Name/)
    await userEvent.clear(name)
    await userEvent.type(name, 'New name')
    await userEvent.click(screen.getByRole('button', { name: 'Save changes' }))
    await waitFor(() => expect(sent).toEqual({ name: 'New name', agent_id: 'agent-1', auto_reply: true }))
    await waitFor(() => expect(screen.getByRole('button', { name: 'Save changes' })).toBeDisabled())
  })

  it('takes live news into the form, but not over what is being typed', async () => {
    account(() => HttpResponse.json(ACCOUNT))
    await show()
    const name = await screen.findByLabelText(/^Name/)
    account(() => HttpResponse.json({ ...ACCOUNT, name: 'Changed by Karim' }))
    act(() => sendLive({ name: 'account', data: { account_id: 'account-1' } }))
    await waitFor(() => expect(name).toHaveValue('Changed by Karim'))
    await userEvent.type(name, ' and me')
    account(() => HttpResponse.json({ ...ACCOUNT, name: 'Again', queued_messages: 7 }))
    act(() => sendLive({ name: 'account', data: { account_id: 'account-1' } }))
    expect(await screen.findByText('7')).toBeVisible()
    expect(name).toHaveValue('Changed by Karim and me')
  })

  it('keeps what is being typed when the live refresh fails', async () => {
    account(() => HttpResponse.json(ACCOUNT))
    const { queryClient } = await show()
    await userEvent.type(await screen.findByLabelText(/^Name/), ' two')
    account(() => problem(503, 'unavailable'))
    act(() => sendLive({ name: 'account', data: { account_id: 'account-1' } }))
    await waitFor(() =>
      expect(
        queryClient
          .getQueryCache()
          .getAll()
          .filter(({ state }) => state.status === 'error')
          .map(({ queryKey }) => queryKey[0]),
      ).toMatchObject([{ _id: 'getSocialAccount' }]),
    )
    expect(screen.getByLabelText(/^Name/)).toHaveValue('Shiulitala Page two')
  })

  it('tells how to bring a disconnected account back, without a form that cannot be saved', async () => {
    account(() => HttpResponse.json({ ...ACCOUNT, health: 'disconnected' }))
    await show()
    expect(await screen.findByRole('link', { name: 'Connect it again' })).toHaveAttribute(
      'href',
      '/social/accounts/connect/facebook',
    )
    expect(screen.queryByRole('button', { name: 'Save changes' })).toBeNull()
    expect(screen.queryByRole('button', { name: 'Disconnect' })).toBeNull()
  })

  it('asks for a new token when the platform refuses the saved one', async () => {
    account(() => HttpResponse.json({ ...ACCOUNT, health: 'needs_reconnect' }))
    await show()
    expect(await screen.findByText(/The platform refuses the saved token/)).toBeVisible()
    expect(screen.getByLabelText(/New access token/, { selector: 'input' })).toBeVisible()
  })

  it('shows a viewer the settings, to read', async () => {
    account(() => HttpResponse.json(ACCOUNT))
    await show('viewer')
    expect(await screen.findByLabelText(/^Name/)).toHaveAttribute('readonly')
    expect(screen.queryByLabelText(/New access token/)).toBeNull()
    expect(screen.queryByRole('button', { name: 'Disconnect' })).toBeNull()
    expect(screen.queryByRole('button', { name: 'Check' })).toBeNull()
  })

  it('says that an account does not exist', async () => {
    account(() => problem(404, 'not-found'))
    await show()
    expect(await screen.findByText('It does not exist any more, or you may not see it.')).toBeVisible()
  })
})

describe('connecting', () => {
  const apps = (items: PlatformAppView[]) =>
    server.use(http.get(`${ORG_API}/platform_apps`, () => rows(items)))
  const show = (platform = 'facebook', role: 'operator' | 'admin' = 'admin') =>
    renderOrganizationPage(ConnectPage, {
      route: '/social/accounts/connect/$platform',
      at: `/social/accounts/connect/${platform}`,
      texts: ['channels'],
      role,
    })
  const steps = () => screen.getAllByRole('heading', { level: 2 }).map((heading) => heading.textContent)

  it('begins with the app, and goes on when it is saved', async () => {
    apps([])
    server.use(
      http.put(`${ORG_API}/platform_apps/facebook`, () => {
        apps([APP])
        return HttpResponse.json(APP)
      }),
    )
    await show()
    await userEvent.type(await screen.findByLabelText(/App secret/, { selector: 'input' }), 's3cret')
    expect(steps()).toEqual(['1. Your Meta app'])
    await userEvent.click(screen.getByRole('button', { name: 'Save the app' }))
    await screen.findByText("Waiting for Meta's handshake…")
    expect(steps()).toEqual(['1. Your Meta app', '2. Webhook', '3. The account'])
    expect(screen.getByLabelText('Verify token')).toHaveValue('verify-me')
    expect(screen.getByLabelText(/Access token/, { selector: 'input' })).toHaveValue('')
  })

  it('needs no webhook from those who use the app of the installation', async () => {
    apps([])
    await show()
    await userEvent.click(await screen.findByRole('button', { name: 'I use the app of this installation' }))
    expect(steps()).toEqual(['1. Your Meta app', '3. The account'])
  })

  it('sees the handshake arrive, and keeps the account that is being typed', async () => {
    apps([APP])
    await show()
    await userEvent.type(await screen.findByLabelText(/Page ID/), '55')
    apps([{ ...APP, handshake_at: '2026-01-02T00:00:00Z' }])
    act(() => sendLive({ name: 'platform_app', data: { platform: 'facebook' } }))
    expect(await screen.findByText('Handshake received')).toBeVisible()
    expect(screen.getByLabelText(/Page ID/)).toHaveValue('55')
  })

  it('puts the wrong fields of the server beside their inputs', async () => {
    apps([APP])
    server.use(
      http.post(`${ORG_API}/social_accounts`, () =>
        problem(422, 'invalid', {
          errors: [{ field: 'access_token', code: 'invalid', message: 'server words' }],
        }),
      ),
    )
    await show()
    await userEvent.type(await screen.findByLabelText(/^Name/), 'Page')
    await userEvent.type(screen.getByLabelText(/Page ID/), '৫৫')
    const token = screen.getByLabelText(/Access token/, { selector: 'input' })
    await userEvent.type(token, 'wrong')
    await userEvent.click(screen.getByRole('button', { name: 'Connect' }))
    await waitFor(() =>
      expect(token).toHaveAccessibleDescription(/The server does not accept this. Look at it again./),
    )
    expect(token).toHaveFocus()
  })

  it('asks for the Page of an Instagram account before it asks the server', async () => {
    apps([{ ...APP, platform: 'instagram' }])
    await show('instagram')
    await userEvent.type(await screen.findByLabelText(/^Name/), 'Insta')
    await userEvent.type(screen.getByLabelText(/Instagram account ID/), '77')
    await userEvent.type(screen.getByLabelText(/Access token/, { selector: 'input' }), 'token')
    await userEvent.click(screen.getByRole('button', { name: 'Connect' }))
    await waitFor(() => expect(screen.getByLabelText(/^Page ID/)).toBeInvalid())
  })

  it('knows when a platform is not served, and when one may not connect', async () => {
    const { unmount } = await show('orkut')
    expect(await screen.findByText('This platform is not served')).toBeVisible()
    unmount()
    await show('facebook', 'operator')
    expect(await screen.findByText('Only an admin can connect accounts.')).toBeVisible()
  })
})

describe('what went wrong', () => {
  const show = (role: 'viewer' | 'operator' = 'operator') =>
    renderOrganizationPage(TroublesPage, { route: '/troubles', texts: ['channels'], role })
  const troubles = (messages: MessageView[]) =>
    server.use(
      http.get(`${ORG_API}/troubled_messages`, () => rows(messages)),
      http.get(`${ORG_API}/dead_letters`, () => rows([])),
      http.get(`${ORG_API}/inbound_events`, () => rows([])),
    )

  it('says that nothing did', async () => {
    troubles([])
    await show()
    expect(await screen.findByText('Every message went out')).toBeVisible()
    expect(await screen.findByText('Nothing was given up')).toBeVisible()
    expect(await screen.findByText('Everything could be read')).toBeVisible()
  })

  it('warns of a second copy before it sends what may have arrived', async () => {
    troubles([MESSAGE])
    let resent = 0
    server.use(
      http.post(`${ORG_API}/messages/message-1/resend`, () => {
        resent += 1
        troubles([])
        return HttpResponse.json({ ...MESSAGE, state: 'queued' })
      }),
    )
    await show()
    await userEvent.click(await screen.findByRole('button', { name: 'Send again' }))
    const dialog = await screen.findByRole('alertdialog')
    expect(dialog).toHaveTextContent('The customer may get it twice.')
    expect(resent).toBe(0)
    await userEvent.click(within(dialog).getByRole('button', { name: 'Send again' }))
    expect(await screen.findByText('Every message went out')).toBeVisible()
    expect(resent).toBe(1)
  })

  it('does not speak of copies when the message did not arrive', async () => {
    troubles([{ ...MESSAGE, state: 'failed' }])
    await show()
    await userEvent.click(await screen.findByRole('button', { name: 'Send again' }))
    expect(await screen.findByRole('alertdialog')).not.toHaveTextContent('twice')
  })

  it('lets a viewer only look', async () => {
    troubles([MESSAGE])
    await show('viewer')
    expect(await screen.findByText('দাম ৫০০ টাকা')).toBeVisible()
    expect(screen.queryByRole('button', { name: 'Send again' })).toBeNull()
  })
})
