import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type BubbleContext, Row } from './bubble'
import { conversation, message, ORGANIZATION, USER } from './test-data'
import { API, prepare, show } from './test-page'
import type { Message } from './types'

const server = setupServer()
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
beforeEach(() => prepare())
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const context: BubbleContext = {
  organizationId: ORGANIZATION,
  accountId: conversation(1).account_id,
  userId: USER,
  contactName: 'Karim',
  operator: true,
}
const bubble = (changes: Partial<Message>, operator = true) => (
  <Row
    row={{ kind: 'message', key: 'k', day: null, first: true, message: message(1, changes) }}
    context={{ ...context, operator }}
  />
)
const failed = (code: string): Partial<Message> => ({
  author: 'human',
  author_user_id: USER,
  state: 'failed',
  failure: { code, advice: 'English of the server' },
})

describe('bubble', () => {
  it.each([
    ['131047', /too old/, false, false],
    ['190/463', /Connect the account again/, true, true],
    ['131042', /payment/, true, true],
    ['551', /cannot receive/, false, false],
    ['100', /Change it/, true, false],
    ['999', /not delivered/, true, false],
  ])('of a message that failed with %s says why and offers what helps', async (code, text, retry, account) => {
    await show(bubble(failed(code)))
    expect(await screen.findByText(text)).toBeVisible()
    expect(screen.queryByText(/English of the server/)).not.toBeInTheDocument()
    expect(screen.queryAllByRole('button', { name: 'Send again' })).toHaveLength(retry ? 1 : 0)
    expect(screen.queryAllByRole('link', { name: 'To the account' })).toHaveLength(account ? 1 : 0)
    expect(screen.getByRole('button', { name: 'Delete' })).toBeVisible()
  })

  it('of an unconfirmed message warns before sending again, and does either', async () => {
    const asked: string[] = []
    server.use(
      http.post(`${API}/messages/:id/:what`, ({ params }) => {
        asked.push(String(params['what']))
        return HttpResponse.json(message(1, { state: 'queued' }))
      }),
    )
    await show(bubble({ author: 'human', state: 'unknown', failure: { code: 'no_answer', advice: '' } }))
    expect(await screen.findByText(/could arrive twice/)).toBeVisible()
    const user = userEvent.setup()
    await user.click(screen.getByRole('button', { name: 'Send again' }))
    await waitFor(() => expect(asked).toEqual(['resend']))
    await user.click(screen.getByRole('button', { name: 'It is fine as it is' }))
    await waitFor(() => expect(asked).toEqual(['resend', 'dismiss']))
  })

  it('offers nothing to somebody who may only read', async () => {
    await show(bubble(failed('999'), false))
    await screen.findByText(/not delivered/)
    expect(screen.queryByRole('button')).not.toBeInTheDocument()
  })

  it('shows script and strange addresses as text, and loads no picture', async () => {
    const evil = '<img src=x onerror=alert(1)> javascript:alert(2) https://shop.example/a'
    const { container } = await show(
      bubble({
        text: evil,
        attachments: [
          { kind: 'image', url: 'https://cdn.example/p.jpg', name: '<script>x</script>.jpg' },
          { kind: 'file', url: 'javascript:alert(3)', name: 'bill.pdf' },
        ],
      }),
    )
    await screen.findByText(/onerror/)
    await screen.findByText(/bill\.pdf/)
    expect(container.querySelectorAll('img, script, iframe')).toHaveLength(0)
    expect(screen.getAllByRole('link').map((link) => link.getAttribute('href'))).toEqual([
      'https://shop.example/a',
      'https://cdn.example/p.jpg',
    ])
  })
})
