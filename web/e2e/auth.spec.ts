import type { Page } from '@playwright/test'
import { openShop, Person, unique } from './api'
import { expect, settled, test } from './fixtures'
import { mailTo } from './mail'
import { pattern, text } from './texts'

const t = (key: string, values?: Record<string, string>) => text('en', key, values)

async function logIn(page: Page, email: string, password: string) {
  await page.getByLabel(t('auth:email')).fill(email)
  await page.getByLabel(t('auth:password'), { exact: true }).fill(password)
  await page.getByRole('button', { name: t('auth:login_submit') }).click()
}

/** The path of the one link in a mail that begins with this. */
function linkIn(mail: string, path: string): string {
  const found = new RegExp(`https?://[^/\\s"]+(${path}#token=[\\w-]+)`).exec(mail)?.[1]
  if (!found) throw new Error(`no link to ${path} in the mail:\n${mail}`)
  return found
}

test('a wrong password and an unknown address are told the same', async ({ open }) => {
  const person = await Person.register('করিম')
  const page = await open(null, { path: '/login', language: 'en' })
  const alert = page.getByRole('alert')
  await logIn(page, person.email, 'not the password at all')
  await expect(alert).toBeVisible()
  const wrong = await alert.innerText()
  await page.goto('/login')
  await logIn(page, `nobody-${unique()}@example.com`, 'not the password at all')
  await expect(alert).toBeVisible()
  expect((await alert.innerText()).replace(/[0-9a-f-]{36}/, '')).toBe(wrong.replace(/[0-9a-f-]{36}/, ''))
  await logIn(page, person.email, person.password)
  await expect(page).toHaveURL(/\/client-dashboard$/)
})

test('where to go after the sign-in is a path of ours or nothing', async ({ open }) => {
  const { owner } = await openShop()
  for (const [next, arrives] of [
    ['/team', /\/team$/],
    ['https://evil.example/team', /\/client-dashboard$/],
    ['//evil.example', /\/client-dashboard$/],
    ['/\\evil.example', /\/client-dashboard$/],
  ] as const) {
    const page = await open(null, { path: `/login?next=${encodeURIComponent(next)}`, language: 'en' })
    await logIn(page, owner.email, owner.password)
    await expect(page).toHaveURL(arrives)
    expect(new URL(page.url()).hostname).toBe('127.0.0.1')
  }
})

test('a forgotten password: mail, link, new password, signed out everywhere', async ({ open }) => {
  const { owner } = await openShop()
  const elsewhere = await open(owner, { path: '/team' })
  await settled(elsewhere)
  const page = await open(null, { path: '/forgot', language: 'en' })
  await page.getByLabel(t('auth:email')).fill(owner.email)
  await page.getByRole('button', { name: t('auth:forgot_submit') }).click()
  await expect(page.getByRole('status').getByText(t('auth:forgot_sent_title'))).toBeVisible()

  const link = linkIn(await mailTo(owner.email), '/reset')
  await page.goto(link)
  const field = page.getByLabel(t('auth:new_password'), { exact: true })
  await field.fill('short')
  await page.getByRole('button', { name: t('auth:reset_submit') }).click()
  await expect(field).toBeFocused()
  await expect(field).toHaveAttribute('aria-invalid', 'true')
  await field.fill('নতুন পাসওয়ার্ড খুব লম্বা')
  await page.getByRole('button', { name: t('auth:reset_submit') }).click()
  await expect(page.getByText(t('auth:reset_done_text'))).toBeVisible()

  await expect(elsewhere).toHaveURL(/\/login/)
  const again = await open(null, { path: '/login', language: 'en' })
  await logIn(again, owner.email, 'নতুন পাসওয়ার্ড খুব লম্বা')
  await expect(again).toHaveURL(/\/client-dashboard$/)
  // A link works once.
  await page.goto('/login')
  await page.goto(link)
  await page.getByLabel(t('auth:new_password'), { exact: true }).fill('আরেকটা পাসওয়ার্ড দিলাম')
  await page.getByRole('button', { name: t('auth:reset_submit') }).click()
  await expect(page.getByRole('alert')).toContainText(t('errors:reset_link_invalid'))
})

test('an invitation by mail makes a member of somebody new', async ({ open }) => {
  const { shop } = await openShop()
  const email = `invited-${unique()}@example.com`
  await shop.invite(email, 'operator')
  const link = linkIn(await mailTo(email), '/invite')
  const page = await open(null, { path: link, language: 'en' })
  await expect(
    page.getByRole('heading', { name: t('auth:invite_title', { organization: shop.name }) }),
  ).toBeVisible()
  await page.getByLabel(t('auth:name')).fill('তানভীর')
  await page.getByLabel(t('auth:password'), { exact: true }).fill('একদম নতুন পাসওয়ার্ড')
  await page.getByRole('button', { name: t('auth:invite_register') }).click()
  await page.getByRole('button', { name: pattern('en', 'auth:invite_accept') }).click()
  await expect(page).toHaveURL(/\/client-dashboard$/)
  await expect(page.getByText(shop.name).first()).toBeVisible()

  const late = await open(null, { path: link, language: 'en' })
  await expect(late.getByRole('alert')).toContainText(t('errors:invitation_invalid'))
})
