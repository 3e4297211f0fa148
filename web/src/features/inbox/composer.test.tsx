import { createEvent, fireEvent, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { useRef, useState } from 'react'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type DraftMode, drafts } from '@/lib/drafts'
import { Composer } from './composer'
import { outbox } from './sending'
import { conversation, message, ORGANIZATION, USER } from './test-data'
import { API, prepare, show } from './test-page'
import type { Conversation } from './types'

const bodies: unknown[] = []
const server = setupServer(
  http.post(`${API}/conversations/:id/messages`, async ({ request }) => {
    const body = (await request.json()) as { text: string; client_id: string }
    bodies.push(body)
    return HttpResponse.json(message(99, { author: 'human', ...body }), { status: 201 })
  }),
  http.post(`${API}/conversations/:id/notes`, async ({ request }) => {
    const body = (await request.json()) as { text: string; client_id: string }
    bodies.push({ note: true, ...body })
    return HttpResponse.json(message(98, { author: 'note', ...body }), { status: 201 })
  }),
)
const draftId = { org: ORGANIZATION, conversation: conversation(1).id, user: USER }

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
beforeEach(() => prepare())
afterEach(async () => {
  server.resetHandlers()
  bodies.length = 0
  outbox.clear()
  await drafts.clearUser(USER)
})
afterAll(() => server.close())

function Page({ row }: { row: Conversation }) {
  const [mode, setMode] = useState<DraftMode>('reply')
  const area = useRef<HTMLTextAreaElement>(null)
  return (
    <Composer
      organizationId={ORGANIZATION}
      conversation={row}
      account={undefined}
      userId={USER}
      contactName="Karim"
      now={Date.now()}
      mode={mode}
      onMode={setMode}
      area={area}
      onTyping={() => undefined}
    />
  )
}

const reply = () => screen.findByRole('textbox', { name: 'Reply to Karim' })
const note = () => screen.findByRole('textbox', { name: 'Private note about Karim' })
const AI = { ai: { state: 'on' } }

describe('composer', () => {
  it('sends with Enter, breaks the line with Shift+Enter, and is empty afterwards', async () => {
    await show(<Page row={conversation(1)} />)
    const user = userEvent.setup()
    await user.type(await reply(), 'দাম ৯৫০{Shift>}{Enter}{/Shift}টাকা{Enter}')
    await waitFor(() => expect(bodies).toHaveLength(1))
    expect(bodies[0]).toMatchObject({ text: 'দাম ৯৫০\nটাকা', take_over: false })
    expect(await reply()).toHaveValue('')
  })

  it('leaves the Enter of an input method to the input method', async () => {
    await show(<Page row={conversation(1)} />)
    const area = await reply()
    fireEvent.change(area, { target: { value: 'দা' } })
    const composing = createEvent.keyDown(area, { key: 'Enter', isComposing: true })
    fireEvent(area, composing)
    const process = createEvent.keyDown(area, { key: 'Enter', keyCode: 229 })
    fireEvent(area, process)
    expect(composing.defaultPrevented || process.defaultPrevented).toBe(false)
    expect(outbox.size()).toBe(0)
    expect(area).toHaveValue('দা')
  })

  it('keeps a draft with its mode, brings it back, and removes it with the sending', async () => {
    const first = await show(<Page row={conversation(1)} />)
    const user = userEvent.setup()
    await user.click(await screen.findByRole('radio', { name: 'Private note' }))
    await user.type(await note(), 'calls back')
    await waitFor(async () => expect(await drafts.load(draftId)).toMatchObject({ mode: 'note' }))
    first.unmount()
    await show(<Page row={conversation(1)} />)
    await waitFor(async () => expect(await note()).toHaveValue('calls back'))
    await user.type(await note(), '{Enter}')
    await waitFor(() => expect(bodies).toEqual([expect.objectContaining({ note: true, text: 'calls back' })]))
    expect(await drafts.load(draftId)).toBeNull()
  })

  it('is locked to notes while the AI owns the conversation, with one button to take over', async () => {
    server.use(http.post(`${API}/conversations/:id/take_over`, () => HttpResponse.json(conversation(1))))
    await show(<Page row={conversation(1, AI)} />)
    await note()
    expect(screen.queryByRole('radio')).not.toBeInTheDocument()
    expect(screen.getAllByRole('button', { name: 'Take over' })).toHaveLength(1)
    const user = userEvent.setup()
    await user.type(await note(), 'for us{Enter}')
    await waitFor(() => expect(bodies).toEqual([expect.objectContaining({ note: true })]))
  })

  it('keeps a reply begun before the AI took the conversation back: sending it takes over', async () => {
    const row = conversation(1, { ai: { state: 'paused', paused_until: '2099-01-01T00:00:00Z' } })
    drafts.save(draftId, 'half written', 'reply')
    await show(<Page row={{ ...row, ...AI }} />)
    await waitFor(async () => expect(await reply()).toHaveValue('half written'))
    await userEvent.setup().click(screen.getByRole('button', { name: 'Take over and send' }))
    await waitFor(() =>
      expect(bodies).toEqual([expect.objectContaining({ text: 'half written', take_over: true })]),
    )
  })

  it('takes no reply after the window, says so, and never turns a reply into a note by itself', async () => {
    drafts.save(draftId, 'too late', 'reply')
    await show(<Page row={conversation(1, { human_window_ends_at: '2020-01-01T00:00:00Z' })} />)
    expect(await screen.findByText(/The reply time ended on/)).toBeVisible()
    await waitFor(async () => expect(await note()).toHaveValue('too late'))
    const user = userEvent.setup()
    await user.type(await note(), '{Enter}')
    expect(outbox.size()).toBe(0)
    await user.click(screen.getByRole('button', { name: 'Make it a note' }))
    await user.type(await note(), '{Enter}')
    await waitFor(() => expect(bodies).toEqual([expect.objectContaining({ note: true, text: 'too late' })]))
  })

  it('queues while there is no network and says so; goes on when it is back', async () => {
    server.use(http.post(`${API}/conversations/:id/messages`, () => HttpResponse.error()))
    const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
    await show(<Page row={conversation(1)} />)
    expect(await screen.findByText(/messages wait here/)).toBeVisible()
    await userEvent.setup().type(await reply(), 'hello{Enter}')
    await waitFor(() => expect(outbox.of(conversation(1).id)[0]).toMatchObject({ state: 'waiting' }))
    const { clientId } = outbox.of(conversation(1).id)[0] ?? {}
    server.resetHandlers()
    online.mockReturnValue(true)
    fireEvent(window, new Event('online'))
    await waitFor(() => expect(outbox.size()).toBe(0))
    expect(bodies).toEqual([expect.objectContaining({ client_id: clientId, text: 'hello' })])
  })
})
