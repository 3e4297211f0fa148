import { DELIVERY, openShop } from './api'
import { expect, test } from './fixtures'
import { Inbox } from './inbox'
import { connectAll, keys, makeAgent, register, serve, teach } from './journey'
import { press, tabTo, write } from './keys'
import { sent } from './sandbox'
import { text } from './texts'

const t = (key: string) => text('en', key)

test('the whole journey without a mouse', async ({ open }) => {
  test.setTimeout(150_000)
  const page = await open(null, { path: null, language: 'en' })
  const hands = keys(page)
  const newcomer = await register(page, hands)
  const agent = await makeAgent(page, hands)
  await teach(page, hands)
  const [account] = await connectAll(page, hands, agent)
  if (!account) throw new Error('unreachable')

  const other = await open(null, { path: '/login', language: 'en' })
  await write(other, other.getByLabel(t('auth:email')), newcomer.email)
  await write(other, other.getByLabel(t('auth:password'), { exact: true }), newcomer.password)
  await other.keyboard.press('Enter')
  await expect(other).toHaveURL(/\/client-dashboard$/)
  await serve(page, hands, newcomer, account, new Inbox(other))
})

test('shortcuts, the palette, and a focus that comes back', async ({ open }) => {
  const { shop, owner, account } = await openShop()
  const first = await shop.hears(account, DELIVERY.question)
  await sent(account, DELIVERY.answer)
  const second = await shop.hears(account, 'আরেকজন ক্রেতা লিখেছে')
  const page = await open(owner, { path: '/inbox?tab=all' })
  const inbox = new Inbox(page)
  await expect(inbox.row(second.id)).toBeVisible()

  // Down the list and up again; then take over, write, send.
  await page.keyboard.press('j')
  await expect(page).toHaveURL(new RegExp(second.id))
  await expect(inbox.bubble('আরেকজন ক্রেতা লিখেছে')).toBeVisible()
  await page.keyboard.press('j')
  await expect(page).toHaveURL(new RegExp(first.id))
  await expect(inbox.bubble(DELIVERY.answer)).toBeVisible()
  await page.keyboard.press('t')
  await expect(inbox.button('inbox:hand_back').first()).toBeVisible()
  // Who takes over wants to write.
  await expect(inbox.composer).toBeFocused()
  await page.keyboard.press('Escape')
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
  await page.keyboard.press('r')
  await expect(inbox.composer).toBeFocused()
  await expect(inbox.composer).toHaveValue('')
  await page.keyboard.insertText('জি')
  // In a text field a letter is a letter.
  await page.keyboard.type('jke?')
  await expect(inbox.composer).toHaveValue('জিjke?')
  await page.keyboard.press('Shift+Enter')
  await page.keyboard.insertText('দ্বিতীয় সারি')
  await page.keyboard.press('Enter')
  await sent(account, 'জিjke?\nদ্বিতীয় সারি')
  await page.keyboard.press('Escape')

  // A dialog gives the focus back to where it was.
  const menu = inbox.button('inbox:more_actions')
  await tabTo(page, menu, { most: 120 })
  await page.keyboard.press('Enter')
  await expect(page.getByRole('menu')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(menu).toBeFocused()
  await page.locator('body').press('ControlOrMeta+k')
  const palette = page.getByRole('dialog', { name: t('shell:palette_title') })
  await expect(palette).toBeVisible()
  await page.keyboard.insertText(t('shell:nav_analytics'))
  await expect(palette.getByRole('option', { name: t('shell:nav_analytics'), exact: true })).toHaveAttribute(
    'aria-selected',
    'true',
  )
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/analytics$/)
  await expect(page.getByRole('heading', { name: t('analytics:title') })).toBeVisible()
  // Tab goes on in the new page, not at the top of the navigation.
  await expect(page.locator('main:focus, main :focus')).toHaveCount(1)
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: t('shell:shortcuts_title') })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
})

test('a way past the navigation', async ({ open }) => {
  const { owner } = await openShop()
  const page = await open(owner, { path: '/team' })
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await page.goto('/team')
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
  await page.keyboard.press('Tab')
  const skip = page.getByRole('link', { name: t('common:skip_to_content') })
  await expect(skip).toBeFocused()
  await press(page, skip)
  await expect(page.locator('#main')).toBeFocused()
})
