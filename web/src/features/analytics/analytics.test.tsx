import { fireEvent, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { AnalyticsView, NumbersView } from '@/api/gen/types.gen'
import { lastDays } from '@/lib/days'
import { ORG_API, problem, renderOrganizationPage, rows, startServer } from '@/test/organization-page'
import { AnalyticsPage } from './analytics-page'

vi.mock('@/app/live', () => import('@/test/fake-live'))

const server = startServer()
const SOME: NumbersView = {
  conversations: 2,
  customer_messages: 5,
  ai_answers: 4,
  human_answers: 1,
  handoffs: 1,
  prompt_tokens: 100,
  completion_tokens: 20,
  cost_usd: null,
  first_response_seconds_median: null,
}
const NONE: NumbersView = { ...SOME, customer_messages: 0, ai_answers: 0, human_answers: 0 }
let asked: string[] = []

function figures(totals: NumbersView | (() => Response)) {
  server.use(
    http.get(`${ORG_API}/analytics`, ({ request }) => {
      asked.push(new URL(request.url).search)
      if (typeof totals === 'function') return totals()
      return HttpResponse.json<AnalyticsView>({ days: [{ ...totals, day: '2026-01-01' }], totals })
    }),
  )
}
const show = (at = '/analytics', language: 'bn' | 'en' = 'en') =>
  renderOrganizationPage(AnalyticsPage, { route: '/analytics', at, texts: ['analytics'], language })

beforeEach(() => {
  asked = []
  server.use(
    http.get(`${ORG_API}/social_accounts`, () => rows([{ id: 'account-1', name: 'Page' }])),
    http.get(`${ORG_API}/agents`, () => rows([{ id: 'agent-1', name: 'Mitu' }])),
  )
})

describe('analytics', () => {
  it('asks for what the address says, and puts a choice into the address', async () => {
    figures(SOME)
    const { router } = await show('/analytics?from=2026-01-01&to=2026-01-10&agent=agent-1')
    await screen.findByText('No prices are entered for the models, so there is no cost to show.')
    expect(asked).toEqual(['?from=2026-01-01&to=2026-01-10&agent_id=agent-1'])
    await screen.findByRole('option', { name: 'Page' })
    await userEvent.selectOptions(screen.getByLabelText('Account'), 'Page')
    await waitFor(() => expect(router.state.location.search).toMatchObject({ account: 'account-1' }))
    await waitFor(() => expect(asked[1]).toContain('account_id=account-1'))
  })

  it('asks for the last seven days where the address asks for what cannot be shown', async () => {
    figures(SOME)
    const { from, to } = lastDays(7)
    await show('/analytics?from=2026-01-01&to=2027-01-01')
    await waitFor(() => expect(asked).toEqual([`?from=${from}&to=${to}`]))
  })

  it('does not request a range that is not one, and says what is wrong with it', async () => {
    figures(SOME)
    await show('/analytics?from=2026-01-01&to=2026-01-10')
    const from = await screen.findByLabelText('From')
    fireEvent.change(from, { target: { value: '2026-02-01' } })
    await waitFor(() => expect(from).toHaveAccessibleDescription(/The first day must not be after the last/))
    fireEvent.change(from, { target: { value: '2025-01-01' } })
    expect(from).toBeInvalid()
    await screen.findByText('No prices are entered for the models, so there is no cost to show.')
    expect(asked).toHaveLength(1)
    fireEvent.change(from, { target: { value: '2026-01-05' } })
    await waitFor(() => expect(asked[1]).toContain('from=2026-01-05'))
  })

  it('widens an empty range, and the dates shown are those of the figures', async () => {
    figures(NONE)
    await show('/analytics?from=2026-01-01&to=2026-01-10')
    await screen.findByText('No conversations in this range')
    figures(SOME)
    await userEvent.click(screen.getByRole('button', { name: 'Show 90 days' }))
    await waitFor(() => expect(screen.queryByLabelText('From')).toBeNull())
    expect(screen.getByRole('radio', { name: '90 days' })).toBeChecked()
  })

  it('tells what has no value in words, not as zero', async () => {
    figures(SOME)
    await show()
    expect(await screen.findByText('There is no answer in this range.')).toBeVisible()
  })

  it('tries again after a failure, and not where it is forbidden', async () => {
    figures(() => problem(503, 'unavailable'))
    const { unmount } = await show()
    const retry = await screen.findByRole('button', { name: 'Try again' })
    figures(NONE)
    await userEvent.click(retry)
    expect(await screen.findByText('No conversations in this range')).toBeVisible()
    unmount()
    figures(() => problem(403, 'forbidden'))
    await show()
    await waitFor(() => expect(screen.getAllByRole('heading')).toHaveLength(2))
    expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull()
  })
})
