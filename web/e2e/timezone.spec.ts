import { DELIVERY, openShop } from './api'
import { sql } from './database'
import { expect, test } from './fixtures'
import { Inbox } from './inbox'

test('times are Dhaka’s, whatever the device believes', async ({ open }) => {
  const { shop, owner, account } = await openShop()
  const conversation = await shop.hears(account, DELIVERY.question)
  // 20:40 UTC is 02:40 of the next day in Dhaka, 10:40 in Kiritimati and 13:40 in Los Angeles.
  sql(
    `UPDATE messages SET ordered_at = '2026-03-04T20:40:00Z', platform_time = '2026-03-04T20:40:00Z'
     WHERE conversation_id = '${conversation.id}' AND author = 'customer'`,
    shop.id,
  )
  const english = await open(owner, { path: null })
  expect(await english.evaluate(() => new Date('2026-03-04T20:40:00Z').getHours())).not.toBe(2)
  await new Inbox(english).open(conversation.id)
  const time = english.getByRole('log').locator('time[datetime^="2026-03-04T20:40"]').first()
  await expect(time).toHaveText(/2:40\s*am/i)
  await expect(english.getByRole('log')).toContainText(/5 Mar|Mar 5/)

  await owner.patch('/me', { language: 'bn' })
  const bangla = await open(owner, { path: null })
  await new Inbox(bangla, 'bn').open(conversation.id)
  await expect(bangla.getByRole('log').locator('time[datetime^="2026-03-04T20:40"]').first()).toHaveText(
    /রাত(্রি)?\s*২:৪০/,
  )
  await expect(bangla.getByRole('log')).toContainText('৫ মার্চ')
})
