import type { Page } from '@playwright/test'
import { DELIVERY, openShop } from './api'
import { expect, test } from './fixtures'
import { Inbox } from './inbox'
import { sent } from './sandbox'
import { manyConversations, manyMessages } from './seed'

const OPENS_WITHIN_MS = 1000
const LONGEST_TASK_MS = 100

interface Watched {
  longTasks: number[]
}

function watchTasks() {
  const watched: Watched = { longTasks: [] }
  Object.assign(window, { watched })
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) watched.longTasks.push(entry.duration)
  }).observe({ type: 'longtask' })
}

async function longTasksOf(page: Page, work: () => Promise<void>): Promise<number[]> {
  const read = () =>
    page.evaluate(() => (window as unknown as { watched: Watched }).watched.longTasks.splice(0))
  await read()
  await work()
  return read()
}

/** Turns the wheel until something far away is there; pages are fetched on the way. */
async function wheelUntil(page: Page, step: number, far: RegExp) {
  await expect(async () => {
    for (let turn = 0; turn < 10; turn += 1) await page.mouse.wheel(0, step)
    await expect(page.getByText(far).first()).toBeVisible({ timeout: 50 })
  }).toPass({ timeout: 30_000, intervals: [20] })
}

/** How long from the click until the page itself has painted what was asked for, by the page's own clock. */
async function timeFromClick(page: Page, click: string, shown: string): Promise<number> {
  return page.evaluate(
    async ([click, shown]) => {
      const began = performance.now()
      document.querySelector<HTMLElement>(click ?? '')?.click()
      while (!document.querySelector(shown ?? '')) await new Promise((done) => requestAnimationFrame(done))
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)))
      return performance.now() - began
    },
    [click, shown],
  )
}

test('5,000 messages and 10,000 conversations open within a second and scroll without jerks', async ({
  open,
}) => {
  test.setTimeout(90_000)
  const { shop, owner, account } = await openShop()
  const conversation = await shop.hears(account, DELIVERY.question)
  await sent(account, DELIVERY.answer)
  await shop.message(conversation.id, (message) => message.author === 'agent' && message.state === 'sent')
  manyConversations(shop, conversation.id, 10_000)
  manyMessages(shop, conversation.id, 5000)

  const page = await open(owner, {
    path: null,
    prepare: async (page) => void (await page.addInitScript(watchTasks)),
  })
  const inbox = new Inbox(page)
  await page.goto('/team')
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  const list = await timeFromClick(page, 'nav a[href^="/inbox"]', inbox.rowSelector)
  const thread = await timeFromClick(page, inbox.rowOf(conversation.id), '[role=log] li')
  console.log(
    `10,000 conversations open in ${Math.round(list)} ms, 5,000 messages in ${Math.round(thread)} ms`,
  )
  expect(list).toBeLessThan(OPENS_WITHIN_MS)
  expect(thread).toBeLessThan(OPENS_WITHIN_MS)

  await expect(inbox.bubble(DELIVERY.answer)).toBeVisible()
  const scroller = inbox.thread
  const before = await scroller.locator('li').count()
  const inThread = await longTasksOf(page, async () => {
    await scroller.hover()
    // Far up: page after page of older messages is fetched and drawn on the way.
    await wheelUntil(page, -700, /^বার্তা (2\d\d)$/)
  })
  // Virtual: what is drawn does not grow with what was read.
  expect(await scroller.locator('li').count()).toBeLessThan(before + 100)
  const inList = await longTasksOf(page, async () => {
    await page.locator(inbox.rowSelector).nth(2).hover()
    await wheelUntil(page, 700, /^ক্রেতা 2\d\d$/)
  })
  console.log(`longest tasks: thread ${Math.max(0, ...inThread)} ms, list ${Math.max(0, ...inList)} ms`)
  expect(Math.max(0, ...inThread)).toBeLessThan(LONGEST_TASK_MS)
  expect(Math.max(0, ...inList)).toBeLessThan(LONGEST_TASK_MS)
})
