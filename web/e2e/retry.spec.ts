import { DELIVERY, openShop } from './api'
import { expect, test } from './fixtures'
import { Inbox } from './inbox'
import { fault, sent, sentFrom } from './sandbox'
import { pattern, text } from './texts'

test('a failed send says why, and its retry sends exactly once', async ({ open }) => {
  const { shop, owner, account } = await openShop()
  const conversation = await shop.hears(account, DELIVERY.question)
  await sent(account, DELIVERY.answer)
  const page = await open(owner, { path: null })
  const inbox = new Inbox(page)
  await inbox.open(conversation.id)
  await inbox.takeOver()

  // The platform refuses the message itself: trying again by itself would be useless.
  await fault(account, { kind: 'error', status: 400, code: 100 }, 1)
  const words = 'লাল শাড়িটা আজই পাঠাচ্ছি'
  await inbox.say(words)
  const bubble = inbox.bubble(words)
  await expect(bubble).toContainText(text('en', 'failures:content'))
  expect(await sentFrom(account)).toHaveLength(1)

  await bubble.getByRole('button', { name: pattern('en', 'inbox:resend') }).click()
  await sent(account, words)
  await expect(bubble).toContainText(text('en', 'inbox:state.sent'))
  await expect(bubble).toHaveCount(1)
  expect((await sentFrom(account)).filter((effect) => effect.text === words)).toHaveLength(1)
})

test('an answer that got lost on the way back does not send twice', async ({ open }) => {
  const { shop, owner, account } = await openShop()
  const conversation = await shop.hears(account, DELIVERY.question)
  await sent(account, DELIVERY.answer)
  const page = await open(owner, { path: null })
  const inbox = new Inbox(page)
  await inbox.open(conversation.id)
  await inbox.takeOver()

  let lost = 0
  await page.route('**/messages', async (route) => {
    if (route.request().method() !== 'POST' || lost > 0) return route.continue()
    lost += 1
    await route.fetch()
    await route.abort('connectionreset')
  })
  const words = 'ঠিকানাটা একবার নিশ্চিত করুন'
  await inbox.say(words)
  await sent(account, words)
  await expect(inbox.bubble(words)).toContainText(text('en', 'inbox:state.sent'))
  await expect(inbox.bubble(words)).toHaveCount(1)
  expect(lost).toBe(1)
  expect((await shop.messages(conversation.id)).filter((message) => message.text === words)).toHaveLength(1)
  expect((await sentFrom(account)).filter((effect) => effect.text === words)).toHaveLength(1)
})
