import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { client } from '@/api/client'
import type { InvitationPreview, UserView } from '@/api/gen/types.gen'
import { adoptSignIn, getSession } from '@/app/session'
import { renderPage } from '@/test/render'
import { ForgotPage } from './forgot-page'
import { InvitePage } from './invite-page'
import { LoginForm } from './login-form'
import { RegisterForm } from './register-form'
import { ResetPage } from './reset-page'

const API = 'http://localhost/api/v1'
const server = setupServer()
const problem = (status: number, type: string, more: object = {}, headers: Record<string, string> = {}) =>
  HttpResponse.json(
    { type: `urn:banglachat:problem:${type}`, title: '', detail: 'server text', status, ...more },
    { status, headers },
  )
const USER: UserView = {
  id: 'u1',
  email: 'rahim@example.com',
  name: 'Rahim',
  is_platform_admin: false,
  language: 'en',
  theme: 'system',
  shortcuts: true,
  sound: 'off',
  created_at: '2026-01-01T00:00:00Z',
}
const texts = { texts: ['auth' as const] }

beforeAll(() => {
  client.setConfig({ baseUrl: 'http://localhost' })
  server.listen({ onUnhandledRequest: 'error' })
})
afterEach(() => {
  server.resetHandlers()
  window.location.hash = ''
})
afterAll(() => server.close())

async function signIn() {
  await userEvent.type(screen.getByLabelText(/E-mail address/), 'rahim@example.com')
  await userEvent.type(screen.getByLabelText('Password', { selector: 'input' }), 'wrong one')
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }))
}

describe('signing in', () => {
  it('says in plain words that it was refused, empties the password and goes there', async () => {
    server.use(http.post(`${API}/auth/login`, () => problem(401, 'unauthorized')))
    await renderPage(() => <LoginForm />, texts)
    await signIn()
    expect(await screen.findByRole('alert')).toHaveTextContent('The e-mail address or the password is wrong.')
    const password = screen.getByLabelText('Password', { selector: 'input' })
    expect(password).toHaveValue('')
    expect(password).toHaveFocus()
    expect(screen.getByLabelText(/E-mail address/)).toHaveValue('rahim@example.com')
  })

  it('says how long to wait after too many tries', async () => {
    server.use(
      http.post(`${API}/auth/login`, () => problem(429, 'rate_limited', {}, { 'Retry-After': '600' })),
    )
    await renderPage(() => <LoginForm />, texts)
    await signIn()
    expect(await screen.findByRole('alert')).toHaveTextContent(/Try again in 10 min/)
  })

  it('says that the server cannot be reached, and never the server’s own words', async () => {
    server.use(http.post(`${API}/auth/login`, () => HttpResponse.error()))
    await renderPage(() => <LoginForm />, texts)
    await signIn()
    expect(await screen.findByRole('alert')).toHaveTextContent('The server cannot be reached.')
  })

  it('asks for what is missing without asking the server', async () => {
    await renderPage(() => <LoginForm />, texts)
    await userEvent.click(screen.getByRole('button', { name: 'Sign in' }))
    expect(screen.getByLabelText(/E-mail address/)).toHaveFocus()
    expect(screen.getByLabelText(/E-mail address/)).toHaveAccessibleDescription('Fill this in.')
  })

  it('shows and hides the password', async () => {
    await renderPage(() => <LoginForm />, texts)
    const password = screen.getByLabelText('Password', { selector: 'input' })
    expect(password).toHaveAttribute('type', 'password')
    await userEvent.click(screen.getByRole('button', { name: 'Show the password' }))
    expect(password).toHaveAttribute('type', 'text')
  })
})

describe('registering', () => {
  const fill = async (password: string) => {
    await userEvent.type(screen.getByLabelText('Your name'), ' Rahim ')
    await userEvent.type(screen.getByLabelText('E-mail address'), 'rahim@example.com')
    await userEvent.type(screen.getByLabelText('Password', { selector: 'input' }), password)
    await userEvent.click(screen.getByRole('button', { name: 'Create the account' }))
  }

  it('tells the rule beforehand and holds a short password back', async () => {
    await renderPage(() => <RegisterForm />, texts)
    const password = screen.getByLabelText('Password', { selector: 'input' })
    expect(password).toHaveAccessibleDescription(/12 to 128 characters/)
    await fill('short')
    expect(password).toHaveAccessibleDescription(/A password has 12 to 128 characters/)
    expect(password).toHaveFocus()
  })

  it('puts what the server finds wrong beside its input', async () => {
    server.use(
      http.post(`${API}/auth/register`, () =>
        problem(422, 'invalid', { errors: [{ field: 'password', code: 'guessable', message: 'x' }] }),
      ),
    )
    await renderPage(() => <RegisterForm />, texts)
    await fill('password12345678')
    expect(await screen.findByText(/too easy to guess/)).toBeInTheDocument()
    expect(screen.queryByRole('alert')).not.toBeInTheDocument()
  })

  it('sends the language on screen and signs in', async () => {
    let sent: unknown
    server.use(
      http.post(`${API}/auth/register`, async ({ request }) => {
        sent = await request.json()
        return HttpResponse.json({ access_token: 't', expires_in: 900, token_type: 'Bearer', user: USER })
      }),
    )
    await renderPage(() => <RegisterForm />, texts)
    await fill('brick sunrise tempo 91')
    await expect.poll(() => getSession().status).toBe('signed_in')
    expect(sent).toEqual({
      name: 'Rahim',
      email: 'rahim@example.com',
      password: 'brick sunrise tempo 91',
      language: 'en',
    })
  })
})

describe('a forgotten password', () => {
  const installation = (mail: boolean) =>
    http.get(`${API}/installation`, () => HttpResponse.json({ mail, version: '1', web: true }))

  it('promises a mail where mail is sent, whether the address is known or not', async () => {
    server.use(
      installation(true),
      http.post(`${API}/auth/forgot_password`, () => new HttpResponse(null, { status: 202 })),
    )
    await renderPage(ForgotPage, texts)
    await userEvent.type(await screen.findByLabelText('E-mail address'), 'rahim@example.com')
    await userEvent.click(screen.getByRole('button', { name: 'Send the link' }))
    expect(await screen.findByText(/If rahim@example.com has an account here/)).toBeInTheDocument()
  })

  it('says who can help where none is sent, and asks for nothing', async () => {
    server.use(installation(false))
    await renderPage(ForgotPage, texts)
    expect(await screen.findByText(/sends no mail/)).toBeInTheDocument()
    expect(screen.queryByRole('textbox')).not.toBeInTheDocument()
  })

  it('offers another try when the server does not answer', async () => {
    server.use(http.get(`${API}/installation`, () => problem(503, 'unavailable')))
    await renderPage(ForgotPage, texts)
    server.use(installation(true))
    await userEvent.click(await screen.findByRole('button', { name: 'Try again' }))
    expect(await screen.findByLabelText('E-mail address')).toBeInTheDocument()
  })

  it('a link without or with a used token says so, with the way to a new one', async () => {
    const { unmount } = await renderPage(ResetPage, texts)
    expect(screen.getByText(/This link has expired or was used/)).toBeInTheDocument()
    unmount()
    window.location.hash = '#token=used'
    server.use(http.post(`${API}/auth/reset_password`, () => problem(404, 'not_found')))
    await renderPage(ResetPage, texts)
    await userEvent.type(
      screen.getByLabelText('New password', { selector: 'input' }),
      'brick sunrise tempo 91',
    )
    await userEvent.click(screen.getByRole('button', { name: 'Save the new password' }))
    expect(await screen.findByRole('alert')).toHaveTextContent('This link has expired or was used.')
    expect(screen.getByRole('link', { name: 'Ask for a new link' })).toHaveAttribute('href', '/forgot')
  })
})

describe('an invitation', () => {
  const invitation: InvitationPreview = {
    organization_name: 'Shapla Store',
    email: 'karim@example.com',
    role: 'operator',
    invited_by_name: 'Rahim',
    expires_at: '2026-12-01T00:00:00Z',
  }

  it('that is not good any more says one thing, whatever is wrong with it', async () => {
    window.location.hash = '#token=old'
    server.use(http.post(`${API}/invitations/look_up`, () => problem(404, 'not_found')))
    await renderPage(InvitePage, texts)
    expect(await screen.findByRole('alert')).toHaveTextContent('This invitation has expired')
  })

  it('for another address than that of the signed-in user is not accepted but explained', async () => {
    adoptSignIn({ access_token: 't', expires_in: 900, token_type: 'Bearer', user: USER })
    window.location.hash = '#token=good'
    server.use(http.post(`${API}/invitations/look_up`, () => HttpResponse.json(invitation)))
    await renderPage(InvitePage, texts)
    expect(await screen.findByRole('heading', { name: 'Invitation to Shapla Store' })).toBeInTheDocument()
    expect(screen.getByText(/you are signed in as rahim@example.com/)).toBeInTheDocument()
    expect(screen.queryByRole('button', { name: /Join/ })).not.toBeInTheDocument()
  })
})
