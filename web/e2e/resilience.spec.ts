import { type Account, DELIVERY, openShop, type Person, type Shop } from './api'
import { expect, test } from './fixtures'
import { Inbox } from './inbox'
import { type Customer, customerOf, sent, sentFrom } from './sandbox'
import { startServerAgain, stopServer } from './server'
import { world } from './world'

/** A shop, a customer, and a person who has taken the conversation over. */
async function takenOver(): Promise<{
  shop: Shop
  owner: Person
  account: Account
  customer: Customer
  conversation: { id: string }
}> {
  const { shop, owner, account } = await openShop()
  const customer = customerOf(account)
  const conversation = await shop.hears(account, DELIVERY.question, customer)
  await sent(account, DELIVERY.answer)
  await owner.post(shop.path(`/conversations/${conversation.id}/take_over`))
  return { shop, owner, account, customer, conversation }
}

/** Each of these stands in the thread, on the server and, if it is ours, at the platform: once. */
async function onceEverywhere(
  { shop, account, conversation }: { shop: Shop; account: Account; conversation: { id: string } },
  inbox: Inbox,
  lines: { ours: string[]; theirs: string[] },
) {
  for (const line of lines.ours) await sent(account, line)
  for (const line of [...lines.ours, ...lines.theirs]) await expect(inbox.bubble(line)).toHaveCount(1)
  const stored = (await shop.messages(conversation.id)).map((message) => message.text)
  for (const line of [...lines.ours, ...lines.theirs])
    expect(
      stored.filter((words) => words === line),
      `stored: ${line}`,
    ).toHaveLength(1)
  const effects = (await sentFrom(account)).map((effect) => effect.text)
  for (const line of lines.ours)
    expect(
      effects.filter((words) => words === line),
      `sent: ${line}`,
    ).toHaveLength(1)
}

/** A page that reloads or asks for it forgets this. */
async function mark(inbox: Inbox) {
  await inbox.page.evaluate(() => Object.assign(window, { sameDocument: true }))
}
async function sameDocument(inbox: Inbox) {
  expect(await inbox.page.evaluate(() => 'sameDocument' in window), 'the page was not loaded again').toBe(
    true,
  )
}

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`the server ends (${signal}) and comes back`, async ({ open }) => {
    test.setTimeout(60_000)
    const at = await takenOver()
    const inbox = new Inbox(await open(at.owner, { path: null }))
    await inbox.open(at.conversation.id)
    await mark(inbox)
    await inbox.composer.fill('লিখতে লিখতে')
    await stopServer(signal)
    try {
      await expect(inbox.offline).toBeVisible()
      // Reading and writing go on meanwhile, and what is sent waits.
      await expect(inbox.bubble(DELIVERY.answer)).toBeVisible()
      await inbox.composer.fill('সার্ভার নেই, তবু পাঠালাম')
      await inbox.composer.press('Enter')
      await inbox.composer.fill('একটা খসড়া')
    } finally {
      await startServerAgain()
    }
    await at.customer.writes('আছেন?')
    await expect(inbox.offline).toBeHidden({ timeout: 35_000 })
    await onceEverywhere(at, inbox, { ours: ['সার্ভার নেই, তবু পাঠালাম'], theirs: ['আছেন?'] })
    await expect(inbox.composer).toHaveValue('একটা খসড়া')
    await sameDocument(inbox)
  })
}

test('the network is cut and comes back', async ({ open }) => {
  const at = await takenOver()
  const inbox = new Inbox(await open(at.owner, { path: null }))
  await inbox.open(at.conversation.id)
  await mark(inbox)
  const network = inbox.page.context()
  await network.setOffline(true)
  await inbox.say('নেটওয়ার্ক ছাড়া এক')
  await inbox.say('নেটওয়ার্ক ছাড়া দুই')
  await inbox.composer.fill('খসড়া থাকবে')
  await at.customer.writes('এখনো আছেন?')
  await expect(inbox.offline).toBeVisible()
  expect((await sentFrom(at.account)).length).toBe(1)
  await network.setOffline(false)
  await onceEverywhere(at, inbox, { ours: ['নেটওয়ার্ক ছাড়া এক', 'নেটওয়ার্ক ছাড়া দুই'], theirs: ['এখনো আছেন?'] })
  const order = (await sentFrom(at.account)).map((effect) => effect.text)
  expect(order.slice(1)).toEqual(['নেটওয়ার্ক ছাড়া এক', 'নেটওয়ার্ক ছাড়া দুই'])
  await expect(inbox.offline).toBeHidden()
  await expect(inbox.composer).toHaveValue('খসড়া থাকবে')
  await sameDocument(inbox)
})

test('slow 3G: slow, and nothing lost or doubled', async ({ open }) => {
  test.setTimeout(60_000)
  const at = await takenOver()
  const inbox = new Inbox(await open(at.owner, { path: null }))
  const session = await inbox.page.context().newCDPSession(inbox.page)
  await session.send('Network.enable')
  // Chromium's own "Slow 3G".
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 2000,
    downloadThroughput: 50_000,
    uploadThroughput: 50_000,
  })
  await inbox.open(at.conversation.id, { timeout: 45_000 })
  await mark(inbox)
  await inbox.say('ধীর লাইনে এক')
  await inbox.say('ধীর লাইনে দুই')
  // Both are in the thread at once, before the server has heard of them.
  await expect(inbox.bubble('ধীর লাইনে দুই')).toBeVisible({ timeout: 1500 })
  await at.customer.writes('ধীর লাইনে উত্তর')
  await onceEverywhere(at, inbox, { ours: ['ধীর লাইনে এক', 'ধীর লাইনে দুই'], theirs: ['ধীর লাইনে উত্তর'] })
  await sameDocument(inbox)
})

test('the tab sleeps for five minutes', async ({ open }) => {
  const at = await takenOver()
  const page = await open(at.owner, { path: null, prepare: (page) => page.clock.install() })
  const inbox = new Inbox(page)
  await inbox.open(at.conversation.id)
  await mark(inbox)
  await inbox.composer.fill('ঘুমের আগের খসড়া')
  // A closed lid: no network, and the clock jumps.
  await page.context().setOffline(true)
  for (const line of ['ঘুমের সময় এক', 'ঘুমের সময় দুই', 'ঘুমের সময় তিন']) await at.customer.writes(line)
  await page.clock.fastForward(5 * 60_000)
  await page.context().setOffline(false)
  await onceEverywhere(at, inbox, { ours: [], theirs: ['ঘুমের সময় এক', 'ঘুমের সময় দুই', 'ঘুমের সময় তিন'] })
  await expect(inbox.composer).toHaveValue('ঘুমের আগের খসড়া')
  await expect(inbox.offline).toBeHidden()
  await inbox.say('জেগে উঠেছি')
  await onceEverywhere(at, inbox, { ours: ['জেগে উঠেছি'], theirs: [] })
  await sameDocument(inbox)
})

test('a frozen tab catches up when it is shown again', async ({ open }) => {
  const at = await takenOver()
  const page = await open(at.owner, { path: null })
  const inbox = new Inbox(page)
  await inbox.open(at.conversation.id)
  await mark(inbox)
  const session = await page.context().newCDPSession(page)
  await session.send('Page.setWebLifecycleState', { state: 'frozen' })
  for (const line of ['জমে থাকার সময় এক', 'জমে থাকার সময় দুই']) await at.customer.writes(line)
  await at.shop.message(at.conversation.id, (message) => message.text === 'জমে থাকার সময় দুই')
  await session.send('Page.setWebLifecycleState', { state: 'active' })
  await onceEverywhere(at, inbox, { ours: [], theirs: ['জমে থাকার সময় এক', 'জমে থাকার সময় দুই'] })
  await sameDocument(inbox)
})

/** In the page: what has reached its database. */
function storedDrafts(): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('banglachat-drafts')
    opening.onerror = () => reject(opening.error)
    opening.onsuccess = () => {
      const rows = opening.result.transaction('drafts').objectStore('drafts').getAll()
      rows.onsuccess = () => {
        opening.result.close()
        resolve((rows.result as { text: string }[]).map(({ text }) => text))
      }
    }
  })
}

test('a draft outlives the page', async ({ open }) => {
  const at = await takenOver()
  const page = await open(at.owner, { path: null })
  const inbox = new Inbox(page)
  await inbox.open(at.conversation.id, { tab: 'all' })
  await inbox.composer.fill('অর্ধেক লেখা উত্তর')
  await expect(inbox.row(at.conversation.id)).toContainText(inbox.text('inbox:draft'))
  await expect.poll(() => page.evaluate(storedDrafts)).toEqual(['অর্ধেক লেখা উত্তর'])
  await page.goto(`${world().apiUrl}/inbox/${at.conversation.id}`)
  await expect(inbox.composer).toHaveValue('অর্ধেক লেখা উত্তর')
})
