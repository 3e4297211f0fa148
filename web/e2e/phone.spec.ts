import { expect, test } from './fixtures'
import { Inbox } from './inbox'
import { connectAll, fingers, makeAgent, register, serve, teach } from './journey'
import { text } from './texts'

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }

test('the same on a phone of 390 px, by touch', async ({ open }) => {
  test.setTimeout(120_000)
  const page = await open(null, { path: null, language: 'en', options: PHONE })
  const hands = fingers(page)
  const newcomer = await register(page, hands)
  const agent = await makeAgent(page, hands)
  await teach(page, hands)
  const accounts = await connectAll(page, hands, agent)

  const other = await open(null, { path: '/login', language: 'en' })
  await other.getByLabel(text('en', 'auth:email')).fill(newcomer.email)
  await other.getByLabel(text('en', 'auth:password'), { exact: true }).fill(newcomer.password)
  await other.getByRole('button', { name: text('en', 'auth:login_submit') }).click()
  await expect(other).toHaveURL(/\/client-dashboard$/)
  const watcher = new Inbox(other)
  for (const account of accounts.slice(0, 1)) await serve(page, hands, newcomer, account, watcher)

  // Back leads from the thread to the list.
  await page.goBack()
  await expect(page.getByRole('log')).toHaveCount(0)
  await expect(page.getByRole('heading', { name: text('en', 'inbox:title') })).toBeVisible()
})
