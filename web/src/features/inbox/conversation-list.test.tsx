import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { ConversationList } from './conversation-list'
import type { InboxSearch } from './search'
import { conversation } from './test-data'
import { API, organization, prepare, show } from './test-page'
import type { Conversation } from './types'

const page = <T,>(items: T[]) => HttpResponse.json({ items, next_cursor: null })
const counts = { needs_human: 3, mine: 1, ai: 1000, snoozed: 0, closed: 0, all: 1000, unread: 2 }
const problem = (status: number, type: string) =>
  HttpResponse.json(
    { type: `urn:banglachat:problem:${type}`, title: 'x', status, request_id: 'req-1' },
    { status, headers: { 'Content-Type': 'application/problem+json' } },
  )

const server = setupServer()
beforeAll(() => {
  server.listen({ onUnhandledRequest: 'error' })
})
beforeEach(async () => {
  // jsdom lays nothing out: a list without height would show no row.
  vi.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(800)
  vi.spyOn(Element.prototype, 'clientWidth', 'get').mockReturnValue(320)
  localStorage.setItem('banglachat.sound_asked', '1')
  await prepare()
})
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

function answers(rows: Conversation[] | (() => Response), accounts: unknown[] = [{ id: 'a', name: 'x' }]) {
  server.use(
    http.get(`${API}/conversations/counts`, () => HttpResponse.json(counts)),
    http.get(`${API}/conversations`, () => (Array.isArray(rows) ? page(rows) : rows())),
    http.get(`${API}/social_accounts`, () => page(accounts)),
    http.get(`${API}/members`, () => page([])),
  )
}
const list = (search: InboxSearch = {}) => (
  <ConversationList organization={organization} search={search} openId={undefined} />
)

describe('list of conversations', () => {
  it('tells of each row who, what, how many unread in words, and that somebody has to look', async () => {
    answers([conversation(1, { unread_count: 12, needs_human: true }), conversation(2)])
    await show(list())
    const row = await screen.findByRole('link', { name: /Customer 1/ })
    expect(row).toHaveAccessibleName(/12 unread messages/)
    expect(row).toHaveAccessibleName(/Needs a person/)
    expect(row).toHaveAccessibleName(/WhatsApp/)
    expect(row).toHaveAccessibleName(/last words 1/)
  })

  it('counts in words, and says when the server stopped counting', async () => {
    answers([conversation(1)])
    await show(list())
    expect(await screen.findByRole('link', { name: /Needs you.*3 conversations/ })).toBeVisible()
    expect(screen.getByRole('link', { name: /^AI.*1,000\+ conversations/ })).toBeVisible()
  })

  it.each([
    [{}, [{ id: 'a' }], 'All done, thank you'],
    [{ tab: 'closed' as const }, [{ id: 'a' }], 'Nothing is closed yet'],
    [{}, [], 'No account is connected yet'],
    [{ q: 'শাড়ি' }, [], 'Nothing matches'],
  ])('%j with accounts %j is empty: %s', async (search, accounts, title) => {
    answers([], accounts)
    await show(list(search))
    expect(await screen.findByRole('heading', { name: title })).toBeVisible()
  })

  it('shows why it could not be loaded, and tries again', async () => {
    let broken = true
    answers(() => (broken ? problem(503, 'unavailable') : page([conversation(1)])))
    await show(list())
    expect(await screen.findByRole('alert')).toHaveTextContent('The server is busy')
    broken = false
    await userEvent.setup().click(screen.getByRole('button', { name: 'Try again' }))
    expect(await screen.findByRole('link', { name: /Customer 1/ })).toBeVisible()
  })

  it('offers no retry to somebody who may not look', async () => {
    answers(() => problem(403, 'forbidden'))
    await show(list())
    expect(await screen.findByRole('alert')).toHaveTextContent('You may not see this page')
    expect(screen.queryByRole('button', { name: 'Try again' })).not.toBeInTheDocument()
  })

  it('shows rows of grey while it loads', async () => {
    answers(() => new Promise<Response>(() => undefined) as unknown as Response)
    await show(list())
    await waitFor(() => expect(screen.getAllByRole('status')[0]).toHaveTextContent('Loading'))
  })
})
