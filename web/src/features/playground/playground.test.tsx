import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { AgentView, Playground } from '@/api/gen/types.gen'
import { ROLES, type Role } from '@/app/organization'
import { API, problem, renderPage } from '@/test/render-page'
import { PlaygroundPage } from './playground-page'
import { type Exchange, messagesOf } from './trial'

let role: Role = 'operator'
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

const AGENT = { id: 'a1', name: 'Shop assistant', active: true, version: 3 } as AgentView
const done = (text: string, more: object = {}) => ({
  name: 'done',
  data: {
    text,
    handoff: null,
    model: 'gpt-x',
    prompt_tokens: 120,
    completion_tokens: 8,
    estimated: false,
    cost_usd: 0.0004,
    latency_ms: 640,
    used_fallback: false,
    ...more,
  },
})
type Event = { name: string; data: unknown }
const wire = (events: Event[]) =>
  events.map(({ name, data }) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`).join('')

vi.setConfig({ testTimeout: 15_000 })
const server = setupServer()
let asked: Playground[]
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
beforeEach(() => {
  role = 'operator'
  asked = []
  server.use(http.get(`${API}/agents`, () => HttpResponse.json({ items: [AGENT], next_cursor: null })))
})
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

/** Answers each question with what `say` makes of it. */
const answers = (say: (body: Playground) => Event[] | Response) =>
  server.use(
    http.post(`${API}/agents/a1/playground`, async ({ request }) => {
      const body = (await request.json()) as Playground
      asked.push(body)
      const said = say(body)
      return said instanceof Response
        ? said
        : new HttpResponse(wire(said), { headers: { 'Content-Type': 'text/event-stream' } })
    }),
  )
const open = (search = '') =>
  renderPage({
    at: `/playground${search}`,
    route: 'playground',
    component: PlaygroundPage,
    texts: ['playground'],
  })
const ask = async (text: string) => {
  await userEvent.click(await screen.findByRole('textbox', { name: 'Your question, as a customer' }))
  await userEvent.paste(text)
  await userEvent.keyboard('{Enter}')
}

describe('the playground', () => {
  it('shows the checked answer, what it was made of, and keeps the conversation', async () => {
    answers(() => [
      {
        name: 'retrieved',
        data: { entries: [{ id: 'k1', title: null, question: 'Delivery charge?', score: 0.91, used: true }] },
      },
      { name: 'prompt', data: { messages: [{ role: 'system', text: 'Be kind.' }] } },
      { name: 'delta', data: { text: '60 taka?!' } },
      done('60 taka.'),
    ])
    await open()
    await ask('charge koto?')
    expect(await screen.findByText('60 taka.')).toBeVisible()
    expect(screen.queryByText('60 taka?!')).toBeNull()
    expect(screen.getByText('Delivery charge?')).toBeInTheDocument()
    expect(screen.getByText('Fits 91%')).toBeInTheDocument()
    expect(screen.getByText('$0.0004')).toBeInTheDocument()
    await ask('ar somoy?')
    await waitFor(() => expect(asked).toHaveLength(2))
    expect(asked[1]?.messages).toEqual([
      { author: 'customer', text: 'charge koto?' },
      { author: 'agent', text: '60 taka.' },
      { author: 'customer', text: 'ar somoy?' },
    ])
  })

  it('asks two versions the same and shows their answers beside each other', async () => {
    answers(({ version }) => [done(version === 2 ? 'Answer of two' : 'Answer of now')])
    await open('?compare=2')
    await ask('charge koto?')
    expect(await screen.findByText('Answer of two')).toBeVisible()
    expect(await screen.findByText('Answer of now')).toBeVisible()
    expect(asked.map(({ version }) => version ?? null).sort()).toEqual([2, null])
    expect(new Set(asked.map(({ messages }) => JSON.stringify(messages)))).toHaveProperty('size', 1)
    expect(screen.getByText('Agent, version 3')).toBeVisible()
    expect(screen.getByText('Agent, version 2')).toBeVisible()
  })

  it('keeps what was written when the model fails, says why, and what the customer would get', async () => {
    answers(() => [
      { name: 'delta', data: { text: 'The charge is' } },
      { name: 'error', data: { code: 'unavailable', advice: 'English of the server' } },
      done('A person answers soon.', { used_fallback: true, handoff: 'model_failed' }),
    ])
    await open()
    await ask('charge?')
    expect(await screen.findByText('A person answers soon.')).toBeVisible()
    expect(screen.getByText('The charge is')).toBeVisible()
    const alert = screen.getByRole('alert')
    expect(alert).toHaveTextContent('The model cannot be reached.')
    expect(alert).toHaveTextContent('unavailable')
    expect(alert).not.toHaveTextContent('English of the server')
    expect(screen.getByText('A person would be called: the model failed.')).toBeVisible()
  })

  it('stops, keeps the part, and asks the same again', async () => {
    let call = 0
    server.use(
      http.post(`${API}/agents/a1/playground`, async ({ request }) => {
        asked.push((await request.json()) as Playground)
        call += 1
        if (call > 1) return new HttpResponse(wire([done('All of it.')]))
        const body = new ReadableStream({
          start: (controller) =>
            controller.enqueue(
              new TextEncoder().encode(wire([{ name: 'delta', data: { text: 'Half of' } }])),
            ),
        })
        return new HttpResponse(body, { headers: { 'Content-Type': 'text/event-stream' } })
      }),
    )
    await open()
    await ask('charge?')
    expect(await screen.findByText('Half of')).toBeVisible()
    await userEvent.click(screen.getByRole('button', { name: 'Stop' }))
    expect(await screen.findByText('Stopped. What was written until then:')).toBeVisible()
    expect(screen.getByText('Half of')).toBeVisible()
    await userEvent.click(screen.getByRole('button', { name: 'Run again' }))
    expect(await screen.findByText('All of it.')).toBeVisible()
    expect(screen.queryByText('Half of')).toBeNull()
    expect(asked[1]?.messages).toEqual([{ author: 'customer', text: 'charge?' }])
  })

  it('says how long to wait when too much was asked', async () => {
    answers(() => {
      const refused = problem(429, 'rate-limited')
      refused.headers.set('Retry-After', '3')
      return refused
    })
    await open()
    await ask('charge?')
    expect(await screen.findByRole('alert')).toHaveTextContent('Too many tries. Try again in 3 secs.')
  })

  it('empty: begins with a sample question', async () => {
    answers(() => [done('Yes.')])
    await open()
    const samples = await screen.findByRole('list', { name: 'Sample questions' })
    await userEvent.click(within(samples).getByRole('button', { name: /delivery charge koto/ }))
    expect(await screen.findByText('Yes.')).toBeVisible()
    await userEvent.click(screen.getByRole('button', { name: 'New conversation' }))
    expect(await screen.findByRole('list', { name: 'Sample questions' })).toBeVisible()
  })

  it('without an agent: says what to do first', async () => {
    server.use(http.get(`${API}/agents`, () => HttpResponse.json({ items: [], next_cursor: null })))
    await open()
    expect(await screen.findByRole('heading', { name: 'No agent to try yet' })).toBeVisible()
  })

  it('error: can be asked again', async () => {
    server.use(http.get(`${API}/agents`, () => problem(503, 'unavailable')))
    await open()
    expect(await screen.findByRole('button', { name: 'Try again' })).toBeVisible()
  })

  it('forbidden: a viewer is told so', async () => {
    role = 'viewer'
    await open()
    expect(await screen.findByRole('heading', { name: 'You may not see this page' })).toBeVisible()
  })
})

describe('the messages of a side', () => {
  const exchange = (id: number, ...texts: string[]): Exchange => ({
    id,
    question: `q${id}`,
    answers: texts.map((text) => ({
      version: 1,
      state: 'done',
      written: '',
      done: done(text).data,
    })),
  })

  it('are its own answers; where it was not asked yet, those of the other', () => {
    const before = [exchange(1, 'one'), exchange(2, 'left', 'right')]
    expect(messagesOf(before, 1, 'q3').map(({ text }) => text)).toEqual(['q1', 'one', 'q2', 'right', 'q3'])
  })

  it('are 40 at most, the last ones; nothing that was stopped', () => {
    const many = Array.from({ length: 30 }, (_, at) => exchange(at, `a${at}`))
    const messages = messagesOf(many, 0, 'last')
    expect(messages).toHaveLength(40)
    expect(messages.at(-1)).toEqual({ author: 'customer', text: 'last' })
    const half: Exchange = {
      id: 1,
      question: 'q',
      answers: [{ version: 1, state: 'stopped', written: 'ha' }],
    }
    expect(messagesOf([half], 0, 'again').map(({ text }) => text)).toEqual(['q', 'again'])
  })
})
