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
  const streams: { ended: number | null }[] = []
  removed.on('request', (request) => {
    if (!request.url().endsWith('/events')) return
    const stream = { ended: null as number | null }
    streams.push(stream)
    void request
      .response()
      .then((response) => response?.finished())
      .finally(() => {
        stream.ended = Date.now()
      })
  })
  await Promise.all([theirs.open(conversation.id), ours.open(conversation.id)])
  // The stream works for both: it is no dead page that "stops".
  await customer.writes('এটা দুজনই দেখবে')
  await Promise.all([
    expect(theirs.bubble('এটা দুজনই দেখবে')).toBeVisible(),
    expect(ours.bubble('এটা দুজনই দেখবে')).toBeVisible(),
  ])

  await owner.delete(shop.path(`/members/${operator.id}`))
  const removedAt = Date.now()
  await expect.poll(() => streams.every(({ ended }) => ended !== null), { timeout: 5000 }).toBe(true)
  expect(Math.max(...streams.map(({ ended }) => ended ?? Number.POSITIVE_INFINITY)) - removedAt).toBeLessThan(
    5000,
  )
  // What the customer says now is nothing for them, and the page shows no more of what it had.
  await customer.writes('এটা শুধু দোকান দেখবে')
  await expect(ours.bubble('এটা শুধু দোকান দেখবে')).toBeVisible()
  await expect(theirs.thread).toBeHidden()
  await expect(removed.getByText('এটা শুধু দোকান দেখবে')).toHaveCount(0)
})
