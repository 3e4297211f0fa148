import { expect, test } from './fixtures'
import { Inbox } from './inbox'
import { connectAll, makeAgent, mouse, register, serve, teach } from './journey'
import { text } from './texts'

test('a newcomer gets from nothing to an answered customer on every platform', async ({ open }) => {
  test.setTimeout(120_000)
  const page = await open(null, { path: null, language: 'en' })
  const hands = mouse(page)
  const newcomer = await register(page, hands)
  const agent = await makeAgent(page, hands)
  await teach(page, hands)
  const accounts = await connectAll(page, hands, agent)

  // The second browser: the same person at another device.
  const other = await open(null, { path: '/login', language: 'en' })
  await other.getByLabel(text('en', 'auth:email')).fill(newcomer.email)
  await other.getByLabel(text('en', 'auth:password'), { exact: true }).fill(newcomer.password)
  await other.getByRole('button', { name: text('en', 'auth:login_submit') }).click()
  await expect(other).toHaveURL(/\/client-dashboard$/)
  const watcher = new Inbox(other)
  for (const account of accounts) await serve(page, hands, newcomer, account, watcher)
})
