import { expect, test } from 'vitest'
import { inboxSearch } from './search'

const ID = '0190a3c4-d5e6-7f80-91a2-b3c4d5e6f708'

test('keeps the filters that mean something', () => {
  const asked = {
    tab: 'mine',
    q: ' dam koto ',
    platform: 'whatsapp',
    account: ID,
    unread: true,
    assignee: ID,
  }
  expect(inboxSearch(asked)).toEqual({ ...asked, q: 'dam koto' })
})

test('leaves out what makes no sense, without failing', () => {
  const asked = {
    tab: 'x',
    q: 'a'.repeat(201),
    platform: 'telegram',
    account: 'javascript:1',
    unread: 'yes',
    assignee: 7,
  }
  expect(inboxSearch(asked)).toEqual({})
})

test('takes a number as a search: the router reads digits in an address as one', () => {
  expect(inboxSearch({ q: 1712 })).toEqual({ q: '1712' })
})
