import { act, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { AnalyticsView, HomeAccountView, HomeView, NumbersView } from '@/api/gen/types.gen'
import type { Role } from '@/app/organization'
import { sendLive } from '@/test/fake-live'
import { ORG_API, problem, renderOrganizationPage, startServer } from '@/test/organization-page'
import { HomePage } from './home-page'

vi.mock('@/app/live', () => import('@/test/fake-live'))

const server = startServer()
const ALL_DONE = { profile: true, agent: true, knowledge: true, account: true, playground: true, live: true }
const HOME: HomeView = {
  onboarding: ALL_DONE,
  today: {
    conversations: 4,
    customer_messages: 9,
    ai_answers: 6,
    human_answers: 2,
    ai_share: 0.75,
    first_response_seconds_median: 12,
    waiting_for_human: 0,
  },
  accounts: [],
}
const ACCOUNT: HomeAccountView = {
  account_id: 'account-1',
  name: 'Shiulitala Page',
  platform: 'facebook',
  agent_id: 'agent-1',
  auto_reply: true,
  health: 'ok',
}
const NOTHING: NumbersView = {
  conversations: 0,
  customer_messages: 0,
  ai_answers: 0,
  human_answers: 0,
  handoffs: 0,
  prompt_tokens: 0,
  completion_tokens: 0,
  cost_usd: null,
  first_response_seconds_median: null,
}
const WEEK: AnalyticsView = { days: [], totals: NOTHING }

const home = (answer: Partial<HomeView> | (() => Response)) =>
  server.use(
    http.get(`${ORG_API}/home`, () =>
      typeof answer === 'function' ? answer() : HttpResponse.json({ ...HOME, ...answer }),
    ),
  )
const show = (role: Role = 'owner', language: 'bn' | 'en' = 'en') =>
  renderOrganizationPage(HomePage, {
    route: '/client-dashboard',
    texts: ['home', 'onboarding'],
    role,
    language,
  })
beforeEach(() => server.use(http.get(`${ORG_API}/analytics`, () => HttpResponse.json(WEEK))))

describe('first steps', () => {
  const facts = { ...ALL_DONE, knowledge: false, live: false }

  it('ticks what the server says is done, and leads to the rest', async () => {
    home({ onboarding: facts })
    await show()
    expect(await screen.findByText('4 of 6 steps done')).toBeVisible()
    expect(screen.getByText('Teach it').closest('li')).toHaveTextContent('(to do)')
    expect(screen.getByText('Try it out').closest('li')).toHaveTextContent('(done)')
    expect(screen.getByRole('link', { name: 'Add knowledge' })).toHaveAttribute('href', '/knowledge')
    expect(screen.queryByRole('link', { name: 'Open the playground' })).toBeNull()
  })

  it('offers nobody a step that their role cannot take', async () => {
    home({ onboarding: facts })
    await show('operator')
    expect(await screen.findByRole('link', { name: 'Add knowledge' })).toBeVisible()
    expect(screen.queryByRole('link', { name: 'Open accounts' })).toBeNull()
  })

  it('stays hidden for the next visit, and comes back on demand', async () => {
    home({ onboarding: facts })
    const first = await show()
    await userEvent.click(await screen.findByRole('button', { name: 'Hide this list' }))
    expect(screen.queryByText('Teach it')).toBeNull()
    first.unmount()
    await show()
    const back = await screen.findByRole('button', { name: 'Show the first steps' })
    expect(screen.queryByText('Teach it')).toBeNull()
    await userEvent.click(back)
    expect(screen.getByText('Teach it')).toBeVisible()
  })

  it('is gone when all is done', async () => {
    home({})
    await show()
    await screen.findByText('Nobody waits')
    expect(screen.queryByText(/steps done/)).toBeNull()
    expect(screen.queryByRole('button', { name: 'Show the first steps' })).toBeNull()
  })
})

describe('today', () => {
  it('leads to the conversations that wait for a person', async () => {
    home({ today: { ...HOME.today, waiting_for_human: 3 } })
    await show()
    expect(await screen.findByRole('link', { name: 'Open them' })).toHaveAttribute(
      'href',
      '/inbox?tab=needs_human',
    )
  })

  it('claims no figures before there are answers', async () => {
    home({
      today: { ...HOME.today, ai_answers: 0, ai_share: null, first_response_seconds_median: null },
    })
    await show()
    const today = await screen.findByRole('region', { name: 'Today' })
    expect(within(today).getAllByText('–')).toHaveLength(2)
    expect(within(today).getAllByText('no answers yet')).toHaveLength(2)
  })

  it('counts in Bangla digits', async () => {
    home({ today: { ...HOME.today, conversations: 1234 } })
    await show('owner', 'bn')
    expect(await screen.findByText('১,২৩৪')).toBeVisible()
  })

  it('asks again soon after live events, once for many', async () => {
    let asked = 0
    home(() => {
      asked += 1
      return HttpResponse.json({ ...HOME, today: { ...HOME.today, waiting_for_human: asked === 1 ? 0 : 5 } })
    })
    await show()
    await screen.findByText('Nobody waits')
    vi.useFakeTimers({ shouldAdvanceTime: true })
    try {
      act(() => {
        for (let at = 0; at < 20; at += 1)
          sendLive({ name: 'conversation', data: { conversation_id: `c${at}`, changed_at: '' } })
        vi.advanceTimersByTime(3000)
      })
      expect(await screen.findByRole('link', { name: 'Open them' })).toBeVisible()
    } finally {
      vi.useRealTimers()
    }
    expect(asked).toBe(2)
  })
})

describe('accounts on the home page', () => {
  it.each([
    [{}, 'in order'],
    [{ health: 'needs_reconnect', agent_id: null }, 'must be connected again'],
    [{ health: 'disconnected' }, 'disconnected'],
    [{ paused_until: '2999-01-01T00:00:00Z' }, 'paused by the platform'],
    [{ paused_until: '2020-01-01T00:00:00Z' }, 'in order'],
    [{ agent_id: null }, 'no agent answers'],
    [{ auto_reply: false }, 'automatic answers are off'],
    [{ health: 'unchecked' }, 'not checked yet'],
  ] satisfies [Partial<HomeAccountView>, string][])('tells of %o that it is: %s', async (change, words) => {
    home({ accounts: [{ ...ACCOUNT, ...change }] })
    await show()
    expect(await screen.findByRole('link', { name: new RegExp(`Shiulitala Page.*${words}$`) })).toBeVisible()
  })

  it('leads an admin to connecting the first one; an operator only reads of it', async () => {
    home({})
    const admin = await show('admin')
    expect(await screen.findByRole('link', { name: 'Connect an account' })).toBeVisible()
    admin.unmount()
    await show('operator')
    expect(await screen.findByText('No account is connected yet')).toBeVisible()
    expect(screen.queryByRole('link', { name: 'Connect an account' })).toBeNull()
  })
})

describe('when something fails', () => {
  it('tries the figures again, and shows the week meanwhile', async () => {
    home(() => problem(503, 'unavailable'))
    await show()
    const retry = await screen.findByRole('button', { name: 'Try again' })
    await waitFor(() =>
      expect(screen.getAllByText('No conversations in the last seven days')).toHaveLength(2),
    )
    home({})
    await userEvent.click(retry)
    expect(await screen.findByText('Nobody waits')).toBeVisible()
  })

  it('says in the cards of the week that they failed', async () => {
    home({})
    server.use(http.get(`${ORG_API}/analytics`, () => problem(503, 'unavailable')))
    await show()
    expect(await screen.findByText('Nobody waits')).toBeVisible()
    expect(await screen.findAllByRole('button', { name: 'Try again' })).toHaveLength(2)
  })
})
