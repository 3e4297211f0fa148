import type { Page } from '@playwright/test'
import { DELIVERY, openShop } from './api'
import { expect, test } from './fixtures'
import { Inbox } from './inbox'
import { customerOf } from './sandbox'
import { text } from './texts'

/** Access tokens live 15 minutes. */
const TOKEN_MS = 15 * 60_000

test('two tabs share one sign-in: they renew it one after the other, and leave together', async ({
  open,
}) => {
  const { shop, owner, account } = await openShop()
  const customer = customerOf(account)
  const conversation = await shop.hears(account, DELIVERY.question, customer)
  const clock = (page: Page) => page.clock.install()
  const first = await open(owner, { path: null, prepare: clock })
  const second = await open(owner, { path: null, prepare: clock, context: first.context() })
  const tabs = [new Inbox(first), new Inbox(second)] as const
  const refreshes: number[] = []
  first.context().on('response', (response) => {
    if (response.url().endsWith('/auth/refresh')) refreshes.push(response.status())
  })
  await Promise.all(tabs.map((tab) => tab.open(conversation.id)))
  expect(refreshes).toEqual([200, 200])

  for (const round of [1, 2, 3]) {
    // Both tokens run out at the same moment, and both tabs ask the server for something.
    await Promise.all([
      first.clock.fastForward(TOKEN_MS + 60_000),
      second.clock.fastForward(TOKEN_MS + 60_000),
    ])
    const line = `আবার বলছি ${round}`
    await customer.writes(line)
    await Promise.all(tabs.map((tab) => expect(tab.bubble(line)).toBeVisible()))
  }
  // Each renewal was answered with a token: a token used twice would have ended the sign-in.
  expect(refreshes.length).toBeGreaterThanOrEqual(8)
  expect(refreshes.every((status) => status === 200)).toBe(true)

  await tabs[0].signOut()
  await expect(first.getByText(text('en', 'auth:logout_text'))).toBeVisible()
  await expect(second).toHaveURL(new RegExp(`/login\\?next=%2Finbox%2F${conversation.id}$`))
  await expect(second.getByRole('log')).toHaveCount(0)
})
