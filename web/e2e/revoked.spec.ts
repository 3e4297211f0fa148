import type { Request } from '@playwright/test'
import { DELIVERY, openShop } from './api'
import { expect, test } from './fixtures'
import { Inbox } from './inbox'
import { customerOf } from './sandbox'

test('the open page of a removed member stops receiving within five seconds', async ({ open }) => {
  const { shop, owner, account } = await openShop()
  const operator = await shop.member('করিম', 'operator')
  const customer = customerOf(account)
  const conversation = await shop.hears(account, DELIVERY.question, customer)
  const [removed, stays] = await Promise.all([open(operator, { path: null }), open(owner, { path: null })])
  const [theirs, ours] = [new Inbox(removed), new Inbox(stays)]
  const streams = new Set<Request>()
  removed.on('request', (request) => {
    if (request.url().endsWith('/events')) streams.add(request)
  })
  removed.on('requestfinished', (request) => streams.delete(request))
  removed.on('requestfailed', (request) => streams.delete(request))
  await Promise.all([theirs.open(conversation.id), ours.open(conversation.id)])
  // The stream works for both: it is no dead page that "stops".
  await customer.writes('এটা দুজনই দেখবে')
  await Promise.all([
    expect(theirs.bubble('এটা দুজনই দেখবে')).toBeVisible(),
    expect(ours.bubble('এটা দুজনই দেখবে')).toBeVisible(),
  ])

  expect(streams.size, 'open streams of the member').toBe(1)
  await owner.delete(shop.path(`/members/${operator.id}`))
  await expect(async () => {
    expect(streams.size, 'open streams of the former member').toBe(0)
    expect(await theirs.thread.count(), 'threads on screen').toBe(0)
  }).toPass({ timeout: 5000, intervals: [50] })
  // What the customer says now is nothing for them, and the page shows no more of what it had.
  await customer.writes('এটা শুধু দোকান দেখবে')
  await expect(ours.bubble('এটা শুধু দোকান দেখবে')).toBeVisible()
  await expect(removed.getByText('এটা শুধু দোকান দেখবে')).toHaveCount(0)
})
