import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { HttpResponse, http } from 'msw'
import { describe, expect, it, vi } from 'vitest'
import type { Imported, KnowledgeView, UnansweredView } from '@/api/gen/types.gen'
import type { Role } from '@/app/organization'
import { ORG_API, problem, renderOrganizationPage, rows, startServer } from '@/test/organization-page'
import { KnowledgePage } from './knowledge-page'

vi.mock('@/app/live', () => import('@/test/fake-live'))

const server = startServer()
const ENTRY: KnowledgeView = {
  id: 'entry-1',
  title: 'Delivery',
  questions: ['ডেলিভারি চার্জ কত?', 'delivery charge koto?'],
  answer_bn: 'ঢাকায় ৬০ টাকা।',
  answer_en: null,
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
}
const QUESTION: UnansweredView = {
  id: 'unanswered-1',
  text: 'পেমেন্ট কীভাবে করব?',
  state: 'open',
  times_asked: 3,
  conversation_id: 'conversation-1',
  message_id: 'message-1',
  first_asked_at: '2026-01-01T00:00:00Z',
  last_asked_at: '2026-01-01T00:00:00Z',
}
const entries = (items: KnowledgeView[] | (() => Response)) =>
  server.use(http.get(`${ORG_API}/knowledge`, () => (Array.isArray(items) ? rows(items) : items())))

function show(tab = 'entries', role: Role = 'operator') {
  const at = `/knowledge?tab=${tab}`
  return renderOrganizationPage(KnowledgePage, { route: '/knowledge', at, texts: ['knowledge'], role })
}

describe('entries', () => {
  it('says how to begin when there are none', async () => {
    entries([])
    await show()
    expect(await screen.findByRole('heading', { name: 'Nothing taught yet' })).toBeVisible()
  })

  it('lets a viewer only read', async () => {
    entries([ENTRY])
    await show('entries', 'viewer')
    expect(await screen.findByRole('heading', { name: 'Delivery' })).toBeVisible()
    expect(screen.getByText('Only operators and above can change the knowledge.')).toBeVisible()
    expect(screen.queryByRole('button', { name: /Edit|Delete|New entry|Import/ })).toBeNull()
  })

  it('tries again after a failure', async () => {
    entries(() => problem(503, 'unavailable'))
    await show()
    await screen.findByText('The server is busy. Try again in a moment.')
    entries([ENTRY])
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
    expect(await screen.findByRole('heading', { name: 'Delivery' })).toBeVisible()
  })

  it('asks the server for what is searched, and shows all again on demand', async () => {
    server.use(
      http.get(`${ORG_API}/knowledge`, ({ request }) =>
        rows(new URL(request.url).searchParams.get('q') ? [] : [ENTRY]),
      ),
    )
    await show()
    await userEvent.type(await screen.findByLabelText('Search in the knowledge'), 'moon')
    expect(await screen.findByText('Nothing fits')).toBeVisible()
    await userEvent.click(screen.getByRole('button', { name: 'Show all' }))
    expect(await screen.findByRole('heading', { name: 'Delivery' })).toBeVisible()
  })

  it('changes an entry, one way to ask per line', async () => {
    let sent: unknown
    entries([ENTRY])
    server.use(
      http.patch(`${ORG_API}/knowledge/entry-1`, async ({ request }) => {
        sent = await request.json()
        entries([{ ...ENTRY, title: 'Delivery and pick-up' }])
        return HttpResponse.json(ENTRY)
      }),
    )
    await show()
    await userEvent.click(await screen.findByRole('button', { name: 'Edit: Delivery' }))
    await userEvent.type(await screen.findByLabelText(/^Ways to ask/), '{Enter}{Enter}charge?')
    await userEvent.click(screen.getByRole('button', { name: 'Save' }))
    await waitFor(() =>
      expect(sent).toEqual({
        title: 'Delivery',
        questions: [...ENTRY.questions, 'charge?'],
        answer_bn: ENTRY.answer_bn,
        answer_en: null,
      }),
    )
    expect(await screen.findByRole('heading', { name: 'Delivery and pick-up' })).toBeVisible()
    expect(screen.queryByRole('dialog')).toBeNull()
  })

  it('does not lose what is being written by Escape; an untouched dialog closes', async () => {
    entries([ENTRY])
    await show()
    await userEvent.click(await screen.findByRole('button', { name: 'New entry' }))
    await screen.findByRole('dialog')
    await userEvent.keyboard('{Escape}')
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
    await userEvent.click(screen.getByRole('button', { name: 'New entry' }))
    await userEvent.type(await screen.findByLabelText(/^Ways to ask/), 'dam koto?')
    await userEvent.keyboard('{Escape}')
    expect(screen.getByLabelText(/^Ways to ask/)).toHaveValue('dam koto?')
    await userEvent.click(screen.getByRole('button', { name: 'Cancel' }))
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
  })

  it('repeats a lost save with the same key, so that no second entry is made', async () => {
    const keys: (string | null)[] = []
    entries([])
    server.use(
      http.post(`${ORG_API}/knowledge`, ({ request }) => {
        keys.push(request.headers.get('Idempotency-Key'))
        return keys.length === 1 ? HttpResponse.error() : HttpResponse.json(ENTRY, { status: 201 })
      }),
    )
    await show()
    await userEvent.click((await screen.findAllByRole('button', { name: 'New entry' }))[0] as HTMLElement)
    await userEvent.type(await screen.findByLabelText(/^Ways to ask/), 'dam koto?')
    await userEvent.type(screen.getByLabelText(/^Answer in English/), '500 taka')
    await userEvent.click(screen.getByRole('button', { name: 'Save' }))
    expect(await screen.findByText(/The server cannot be reached/)).toBeVisible()
    await userEvent.click(screen.getByRole('button', { name: 'Save' }))
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
    expect(keys[0]).toBeTruthy()
    expect(keys).toEqual([keys[0], keys[0]])
  })

  it('deletes after asking, and says which', async () => {
    entries([ENTRY])
    server.use(
      http.delete(`${ORG_API}/knowledge/entry-1`, () => {
        entries([])
        return new HttpResponse(null, { status: 204 })
      }),
    )
    await show()
    await userEvent.click(await screen.findByRole('button', { name: 'Delete: Delivery' }))
    const dialog = await screen.findByRole('alertdialog', { name: 'Delete “Delivery”?' })
    await userEvent.click(within(dialog).getByRole('button', { name: 'Delete' }))
    expect(await screen.findByText('Nothing taught yet')).toBeVisible()
  })
})

describe('unanswered questions', () => {
  const questions = (items: UnansweredView[]) =>
    server.use(http.get(`${ORG_API}/knowledge/unanswered`, () => rows(items)))

  it('makes an entry of a question and tells the server which', async () => {
    let sent: unknown
    questions([QUESTION])
    server.use(
      http.post(`${ORG_API}/knowledge`, async ({ request }) => {
        sent = await request.json()
        questions([])
        return HttpResponse.json(ENTRY, { status: 201 })
      }),
    )
    await show('unanswered')
    await userEvent.click(await screen.findByRole('button', { name: 'Make an entry' }))
    expect(await screen.findByLabelText(/^Ways to ask/)).toHaveValue(QUESTION.text)
    await userEvent.type(screen.getByLabelText(/^Answer in Bangla/), 'বিকাশে')
    await userEvent.click(screen.getByRole('button', { name: 'Save' }))
    expect(await screen.findByText('Every question had an answer')).toBeVisible()
    expect(sent).toEqual({
      title: null,
      questions: [QUESTION.text],
      answer_bn: 'বিকাশে',
      answer_en: null,
      unanswered_id: 'unanswered-1',
    })
  })

  it('puts a question aside', async () => {
    questions([QUESTION])
    server.use(
      http.post(`${ORG_API}/knowledge/unanswered/unanswered-1/dismiss`, () => {
        questions([])
        return HttpResponse.json({ ...QUESTION, state: 'dismissed' })
      }),
    )
    await show('unanswered')
    expect(await screen.findByText(/asked 3 times/)).toBeVisible()
    await userEvent.click(screen.getByRole('button', { name: 'Not needed' }))
    expect(await screen.findByText('Every question had an answer')).toBeVisible()
  })

  it('lets a viewer look, not decide', async () => {
    questions([QUESTION])
    await show('unanswered', 'viewer')
    expect(await screen.findByText(QUESTION.text)).toBeVisible()
    expect(screen.queryByRole('button', { name: /Make an entry|Not needed/ })).toBeNull()
  })
})

describe('import', () => {
  const FOUND: Imported = {
    created: 1,
    skipped_duplicates: 2,
    failed: 1,
    errors: [{ row: 4, field: 'question', code: 'missing', detail: 'server words' }],
    preview: [{ row: 2, questions: ['dam koto?'], answer_bn: '৫০০', answer_en: null, duplicate: false }],
  }

  it('shows what would happen with every wrong row first, and only then imports', async () => {
    const sent: unknown[] = []
    entries([])
    server.use(
      http.post(`${ORG_API}/knowledge/import`, async ({ request }) => {
        sent.push(await request.json())
        return HttpResponse.json(FOUND)
      }),
    )
    await show()
    await userEvent.click(await screen.findByRole('button', { name: 'Import' }))
    await userEvent.type(await screen.findByLabelText('Or paste the rows here'), 'question,answer_bn')
    await userEvent.click(screen.getByRole('button', { name: 'Look at it first' }))
    expect(await screen.findByText('1 new entries, 2 known already, 1 rows with errors')).toBeVisible()
    expect(screen.getByText('is missing')).toBeVisible()
    expect(screen.queryByText('server words')).toBeNull()
    expect(sent).toEqual([{ csv: 'question,answer_bn', dry_run: true }])
    await userEvent.keyboard('{Escape}')
    entries([ENTRY])
    await userEvent.click(screen.getByRole('button', { name: 'Import 1 entries' }))
    expect(await screen.findByRole('heading', { name: 'Delivery' })).toBeVisible()
    expect(sent[1]).toEqual({ csv: 'question,answer_bn' })
  })

  it('keeps the rows for a correction when nothing can be taken', async () => {
    entries([])
    server.use(
      http.post(`${ORG_API}/knowledge/import`, () =>
        HttpResponse.json({ ...FOUND, created: 0, skipped_duplicates: 0, preview: [] }),
      ),
    )
    await show()
    await userEvent.click(await screen.findByRole('button', { name: 'Import' }))
    await userEvent.type(await screen.findByLabelText('Or paste the rows here'), 'wrong')
    await userEvent.click(screen.getByRole('button', { name: 'Look at it first' }))
    expect(await screen.findByRole('button', { name: 'Import 0 entries' })).toBeDisabled()
    await userEvent.click(screen.getByRole('button', { name: 'Change the rows' }))
    expect(screen.getByLabelText('Or paste the rows here')).toHaveValue('wrong')
  })
})

describe('trying the search', () => {
  it('says what would be answered, and asks anew for the same question', async () => {
    let asked = 0
    server.use(
      http.get(`${ORG_API}/knowledge/search`, () => {
        asked += 1
        return HttpResponse.json({
          items:
            asked === 1 ? [] : [{ entry: ENTRY, score: 0.82, would_answer: true, matched_question: null }],
        })
      }),
    )
    await show('test')
    await userEvent.type(await screen.findByLabelText('Ask as a customer would'), 'charge koto{Enter}')
    expect(await screen.findByText('Nothing in the knowledge comes near this question')).toBeVisible()
    await userEvent.click(screen.getByRole('button', { name: 'Search' }))
    expect(await screen.findByText('would be answered with this')).toBeVisible()
    expect(screen.getByText('Likeness 82%')).toBeVisible()
  })
})
