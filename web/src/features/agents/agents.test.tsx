import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { AgentView, SocialAccountView, UpdateAgent } from '@/api/gen/types.gen'
import { ROLES, type Role } from '@/app/organization'
import { API, problem, renderPage } from '@/test/render-page'
import { AgentPage } from './agent-page'
import { AgentsPage } from './agents-page'

let role: Role = 'owner'
vi.mock('@/app/organization', async (original) => ({
  ...(await original<typeof import('@/app/organization')>()),
  useOrganization: () => ({
    id: 'o1',
    name: 'Shapla Store',
    role,
    viewing: false,
    can: (asked: Role) => ROLES.indexOf(role) >= ROLES.indexOf(asked),
  }),
}))

const agent = (changes: Partial<AgentView> = {}): AgentView => ({
  id: 'a1',
  name: 'Shop assistant',
  active: true,
  version: 3,
  system_prompt: 'Be kind.\nBe short.',
  language: 'auto',
  temperature: 0.3,
  quiet_ms: 2500,
  max_answer_tokens: 400,
  history_budget_tokens: 3000,
  fallback_text: 'A person answers soon.',
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-02T00:00:00Z',
  model: {
    provider: 'openai_compatible',
    base_url: 'https://llm.example/v1',
    model: 'gpt-x',
    api_key: { configured: true, last4: '1234' },
    input_price_usd_per_million: null,
    output_price_usd_per_million: null,
  },
  ...changes,
})
const ACCOUNT = {
  id: 's1',
  name: 'Shapla Page',
  platform: 'facebook',
  agent_id: 'a1',
  agent_name: 'Shop assistant',
  health: 'ok',
  auto_reply: true,
} as SocialAccountView

vi.setConfig({ testTimeout: 15_000 })
const server = setupServer()
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
beforeEach(() => {
  role = 'owner'
  accounts(ACCOUNT)
})
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const page = (...items: unknown[]) => HttpResponse.json({ items, next_cursor: null })
const accounts = (...items: SocialAccountView[]) =>
  server.use(http.get(`${API}/social_accounts`, () => page(...items)))

/** As from the clipboard: letter by letter takes its time. */
async function write(field: HTMLElement, text: string) {
  await userEvent.clear(field)
  await userEvent.click(field)
  await userEvent.paste(text)
}

describe('the list', () => {
  const open = () => renderPage({ at: '/agents', route: 'agents', component: AgentsPage, texts: ['agents'] })

  it('shows each agent with its model and the accounts it serves', async () => {
    server.use(
      http.get(`${API}/agents`, () => page(agent(), agent({ id: 'a2', name: 'Second', active: false }))),
    )
    await open()
    const [first, second] = [
      await screen.findByRole('row', { name: /Shop assistant/ }),
      screen.getByRole('row', { name: /Second/ }),
    ]
    expect(within(first).getByText('gpt-x')).toBeVisible()
    expect(await within(first).findByText('Shapla Page')).toBeVisible()
    expect(within(second).getByText('None yet')).toBeVisible()
    expect(within(second).getByText('Off')).toBeVisible()
  })

  it('loading: says so, and offers nothing yet', async () => {
    server.use(http.get(`${API}/agents`, () => new Promise<never>(() => undefined)))
    await open()
    expect(screen.getByText('Loading…')).toBeInTheDocument()
    expect(screen.queryByRole('link', { name: 'New agent' })).toBeNull()
  })

  it.each([
    ['owner', true],
    ['operator', false],
  ] as const)('empty: offers an %s a new one: %s', async (who, offered) => {
    role = who
    server.use(http.get(`${API}/agents`, () => page()))
    await open()
    expect(await screen.findByRole('heading', { name: 'No agent yet' })).toBeVisible()
    expect(screen.queryAllByRole('link', { name: 'New agent' })).toHaveLength(offered ? 1 : 0)
  })

  it('error: can be asked again', async () => {
    let failing = true
    server.use(http.get(`${API}/agents`, () => (failing ? problem(503, 'unavailable') : page(agent()))))
    await open()
    const again = await screen.findByRole('button', { name: 'Try again' })
    failing = false
    await userEvent.click(again)
    expect(await screen.findByRole('row', { name: /Shop assistant/ })).toBeVisible()
  })

  it('forbidden: is told as such, without a retry', async () => {
    server.use(http.get(`${API}/agents`, () => problem(403, 'forbidden')))
    await open()
    expect(await screen.findByRole('heading', { name: 'You may not see this page' })).toBeVisible()
    expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull()
  })
})

describe('the editor', () => {
  const open = (search = '') =>
    renderPage({
      at: `/agents/a1${search}`,
      route: 'agents/$agentId',
      component: AgentPage,
      texts: ['agents'],
    })
  const stands = (current: AgentView) =>
    server.use(http.get(`${API}/agents/a1`, () => HttpResponse.json(current)))

  it('saves over the version that it has read', async () => {
    stands(agent())
    let sent: { match: string | null; body: UpdateAgent } | undefined
    server.use(
      http.patch(`${API}/agents/a1`, async ({ request }) => {
        sent = { match: request.headers.get('If-Match'), body: (await request.json()) as UpdateAgent }
        return HttpResponse.json(agent({ version: 4, name: 'New name' }))
      }),
    )
    await open()
    const name = await screen.findByRole('textbox', { name: 'Name' })
    await write(name, 'New name')
    await userEvent.click(screen.getByRole('button', { name: 'Save' }))
    await waitFor(() => expect(screen.queryByRole('button', { name: 'Save' })).toBeNull())
    expect(sent?.match).toBe('"3"')
    expect(sent?.body.name).toBe('New name')
    expect(sent?.body.model).not.toHaveProperty('api_key')
    expect(screen.getByText('Version 4')).toBeVisible()
  })

  it('conflict: shows both sides, and saves the choice over the newer version', async () => {
    const theirs = agent({ version: 4, name: 'Theirs', system_prompt: 'Be kind.\nBe precise.' })
    let current = agent()
    const sent: { match: string | null; body: UpdateAgent }[] = []
    server.use(
      http.get(`${API}/agents/a1`, () => HttpResponse.json(current)),
      http.patch(`${API}/agents/a1`, async ({ request }) => {
        const match = request.headers.get('If-Match')
        const body = (await request.json()) as UpdateAgent
        sent.push({ match, body })
        current = theirs
        if (match !== '"4"') return problem(409, 'conflict', { code: 'version_conflict' })
        return HttpResponse.json(agent({ version: 5, name: body.name, system_prompt: body.system_prompt }))
      }),
    )
    await open()
    const prompt = await screen.findByRole('textbox', { name: 'Instructions' })
    await write(prompt, 'Be kind.\nBe funny.')
    await userEvent.click(screen.getByRole('button', { name: 'Save' }))

    const dialog = await screen.findByRole('dialog', { name: 'Somebody else has saved meanwhile' })
    expect(within(dialog).getByText('Be precise.')).toBeVisible()
    expect(within(dialog).getByText('Be funny.')).toBeVisible()
    // Only they changed the name, so theirs is preset; the instructions are mine unless I choose otherwise.
    const side = (field: string) =>
      within(dialog).getByRole('radiogroup', { name: `Which side counts: ${field}` })
    expect(within(side('Name')).getByRole('radio', { name: 'Theirs' })).toBeChecked()
    expect(within(side('Instructions')).getByRole('radio', { name: 'Mine' })).toBeChecked()
    await userEvent.click(within(dialog).getByRole('button', { name: 'Save the choice' }))

    await waitFor(() => expect(screen.queryByRole('button', { name: 'Save' })).toBeNull())
    expect(sent.map(({ match }) => match)).toEqual(['"3"', '"4"'])
    expect(sent[1]?.body).toMatchObject({ name: 'Theirs', system_prompt: 'Be kind.\nBe funny.' })
    expect(screen.getByRole('heading', { level: 1, name: 'Theirs' })).toBeVisible()
  })

  it('conflict: mine can be dropped, without saving anything', async () => {
    let current = agent()
    server.use(
      http.get(`${API}/agents/a1`, () => HttpResponse.json(current)),
      http.patch(`${API}/agents/a1`, () => {
        current = agent({ version: 4, name: 'Theirs' })
        return problem(409, 'conflict', { code: 'version_conflict' })
      }),
    )
    await open()
    await userEvent.type(await screen.findByRole('textbox', { name: 'Name' }), '!')
    await userEvent.click(screen.getByRole('button', { name: 'Save' }))
    await userEvent.click(await screen.findByRole('button', { name: 'Discard mine' }))
    await waitFor(() => expect(screen.getByRole('textbox', { name: 'Name' })).toHaveValue('Theirs'))
    expect(screen.queryByRole('button', { name: 'Save' })).toBeNull()
  })

  it('a test call asks for the key again when the address leads to another host', async () => {
    stands(agent())
    const asked: unknown[] = []
    server.use(
      http.post(`${API}/agents/test_model`, async ({ request }) => {
        asked.push(await request.json())
        return HttpResponse.json({
          ok: false,
          latency_ms: 320,
          code: 'refused',
          advice: 'English of the server',
        })
      }),
    )
    await open('?tab=model')
    const address = await screen.findByRole('textbox', { name: 'Address of the server (base URL)' })
    await write(address, 'https://other.example/v1')
    expect(screen.getByText(/was entered for https:\/\/llm\.example and is not sent/)).toBeVisible()
    await userEvent.click(screen.getByRole('button', { name: 'Test call' }))
    await waitFor(() => expect(screen.getByLabelText('API key')).toBeInvalid())
    expect(asked).toEqual([])

    await write(screen.getByLabelText('API key'), 'sk-0123456789')
    await userEvent.click(screen.getByRole('button', { name: 'Test call' }))
    const failed = await screen.findByRole('alert')
    expect(failed).toHaveTextContent('The model refuses the request.')
    expect(failed).not.toHaveTextContent('English of the server')
    expect(asked).toEqual([
      {
        agent_id: 'a1',
        model: {
          provider: 'openai_compatible',
          base_url: 'https://other.example/v1',
          model: 'gpt-x',
          api_key: 'sk-0123456789',
          input_price_usd_per_million: null,
          output_price_usd_per_million: null,
        },
      },
    ])
  })

  it('goes to the tab of the field that is wrong', async () => {
    stands(agent())
    await open('?tab=behaviour')
    await userEvent.clear(await screen.findByRole('textbox', { name: /Longest answer/ }))
    await userEvent.click(screen.getByRole('tab', { name: 'Accounts' }))
    await userEvent.click(screen.getByRole('button', { name: 'Save' }))
    const field = await screen.findByRole('textbox', { name: /Longest answer/ })
    await waitFor(() => expect(field).toHaveFocus())
    expect(field).toBeInvalid()
  })

  it('is only to be read by an operator, who is told why', async () => {
    role = 'operator'
    stands(agent())
    await open()
    expect(
      await screen.findByText(/only admins and owners change agents\. Your role here: Operator\./),
    ).toBeVisible()
    expect(screen.getByRole('textbox', { name: 'Instructions' })).toHaveAttribute('readonly')
    expect(screen.queryByRole('button', { name: 'Archive' })).toBeNull()
    expect(screen.queryByRole('button', { name: 'Switch off' })).toBeNull()
  })

  it('explains why an agent in use cannot be archived', async () => {
    stands(agent())
    await open()
    await screen.findByRole('textbox', { name: 'Name' })
    // The accounts are asked for by now; the dialog needs them.
    await userEvent.click(await screen.findByRole('button', { name: 'Archive' }))
    const dialog = await screen.findByRole('alertdialog', { name: 'This agent still answers customers' })
    expect(within(dialog).getByText('Shapla Page')).toBeVisible()
    await userEvent.click(within(dialog).getByRole('button', { name: 'Show its accounts' }))
    expect(await screen.findByRole('tab', { name: 'Accounts', selected: true })).toBeVisible()
  })

  it('compares two versions line by line, and restores the older one over the newest', async () => {
    stands(agent())
    const { name: _name, id: _id, active: _active, updated_at: _at, ...content } = agent()
    const version = (number: number, system_prompt: string) => ({
      ...content,
      system_prompt,
      version: number,
      created_by: { user_id: 'u1', name: 'Karim' },
    })
    const versions = [version(3, 'Be kind.\nBe short.'), version(2, 'Be kind.\nBe long.'), version(1, 'Old.')]
    let sent: { match: string | null; body: UpdateAgent } | undefined
    server.use(
      http.get(`${API}/agents/a1/versions`, () => page(...versions)),
      http.get(`${API}/agents/a1/versions/:number`, ({ params }) =>
        HttpResponse.json(versions.find((one) => String(one.version) === params['number'])),
      ),
      http.patch(`${API}/agents/a1`, async ({ request }) => {
        sent = { match: request.headers.get('If-Match'), body: (await request.json()) as UpdateAgent }
        return HttpResponse.json(agent({ version: 4, system_prompt: 'Old.' }))
      }),
    )
    await open('?tab=versions')
    expect(await screen.findByText('Be long.')).toBeVisible()
    expect(screen.getByText('Be short.')).toBeVisible()
    await userEvent.selectOptions(screen.getByRole('combobox', { name: 'Earlier' }), '1')
    expect(await screen.findByText('Old.')).toBeVisible()
    await userEvent.click(await screen.findByRole('button', { name: 'Restore version 1' }))
    await userEvent.click(await screen.findByRole('button', { name: 'Restore' }))
    await waitFor(() => expect(sent).toMatchObject({ match: '"3"', body: { system_prompt: 'Old.' } }))
    expect(await screen.findByText('Version 4', { selector: 'h1 ~ *, h1 ~ * *' })).toBeVisible()
  })
})
