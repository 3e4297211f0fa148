import { expect, type Locator, type Page } from '@playwright/test'
import type { ConversationView, OrganizationSummary, PlatformAppView } from '../src/api/gen/types.gen'
import { type Account, APP_ID, DELIVERY, handshake, PLATFORMS, type Platform, unique } from './api'
import { Inbox } from './inbox'
import { press, tabTo, write } from './keys'
import { customerOf, play, sent, sentFrom } from './sandbox'
import { until } from './server'
import { pattern, text } from './texts'
import { world } from './world'

/** How somebody uses the page. The journey is the same for all. */
export interface Hands {
  press(target: Locator): Promise<void>
  write(target: Locator, words: string): Promise<void>
  /** The option with this label. */
  choose(target: Locator, label: string): Promise<void>
  send(composer: Locator, words: string): Promise<void>
  /** By the page's own navigation. */
  go(place: string): Promise<void>
}

const place = (page: Page, name: string) =>
  page.getByRole('link', { name: pattern('en', `shell:nav_${name}`, { start: true }) }).first()

export function mouse(page: Page): Hands {
  return {
    press: (target) => target.first().click(),
    write: (target, words) => target.first().fill(words),
    choose: async (target, label) => void (await target.selectOption({ label })),
    async send(composer, words) {
      await composer.fill(words)
      await composer.press('Enter')
    },
    go: (name) => place(page, name).click(),
  }
}

/** A phone: taps, no keys beside the letters, and what has no room in the bottom bar is behind "More". */
export function fingers(page: Page): Hands {
  return {
    press: (target) => target.first().tap(),
    async write(target, words) {
      await target.first().tap()
      await target.first().fill(words)
    },
    choose: async (target, label) => void (await target.selectOption({ label })),
    async send(composer, words) {
      await composer.tap()
      await composer.fill(words)
      await page.getByRole('button', { name: pattern('en', 'inbox:send') }).tap()
    },
    async go(name) {
      const back = page.getByRole('link', { name: pattern('en', 'inbox:back_to_list') })
      if ((await back.count()) > 0) await back.tap()
      if (!['home', 'inbox', 'agents', 'accounts'].includes(name))
        await page.getByRole('button', { name: pattern('en', 'shell:nav_more') }).tap()
      await place(page, name).tap()
    },
  }
}

/** No mouse at all. */
export function keys(page: Page): Hands {
  return {
    press: (target) => press(page, target),
    write: (target, words) => write(page, target, words),
    async choose(target, label) {
      await tabTo(page, target)
      // Typing picks the option; letters that no keyboard sends are reached with the arrows.
      for (let step = 0; step < 20; step += 1) {
        const chosen = await target.evaluate(
          (element: HTMLSelectElement) => element.selectedOptions[0]?.label,
        )
        if (chosen === label) return
        await page.keyboard.press('ArrowDown')
      }
      throw new Error(`no option ${label}`)
    },
    async send(composer, words) {
      await write(page, composer, words)
      await page.keyboard.press('Enter')
    },
    go: (name) => press(page, place(page, name)),
  }
}

const t = (key: string, values?: Record<string, string>) => text('en', key, values)

export interface Newcomer {
  email: string
  password: string
}

/** Registers and makes an organization; ends on its home page. */
export async function register(page: Page, hands: Hands): Promise<Newcomer> {
  const number = unique()
  const newcomer = { email: `newcomer-${number}@example.com`, password: `sonar tori ${number}` }
  await page.goto('/register')
  await hands.write(page.getByLabel(t('auth:name')), 'নাজমা আক্তার')
  await hands.write(page.getByLabel(t('auth:email')), newcomer.email)
  await hands.write(page.getByLabel(t('auth:password'), { exact: true }), newcomer.password)
  await hands.press(page.getByRole('button', { name: t('auth:register_submit') }))
  await expect(page.getByText(t('onboarding:create_title'))).toBeVisible()
  await hands.write(page.getByLabel(t('onboarding:create_name')), `শিউলিতলা ${number}`)
  await hands.press(page.getByRole('button', { name: pattern('en', 'onboarding:create_submit') }))
  await expect(page.getByText(t('onboarding:title'))).toBeVisible()
  return newcomer
}

/** From the first steps: an agent from a template. Its name. */
export async function makeAgent(page: Page, hands: Hands): Promise<string> {
  const name = 'শিউলি'
  await hands.press(page.getByRole('link', { name: pattern('en', 'onboarding:agent_action') }))
  await expect(page.getByRole('heading', { name: t('agents:new_title') })).toBeVisible()
  await hands.write(page.getByLabel(t('agents:name')), name)
  await hands.press(page.getByRole('button', { name: pattern('en', 'agents:create') }))
  await expect(page).toHaveURL(/\/agents\/[0-9a-f-]{36}/)
  return name
}

export async function teach(page: Page, hands: Hands) {
  await hands.go('knowledge')
  await hands.press(page.getByRole('button', { name: pattern('en', 'knowledge:new') }))
  const dialog = page.getByRole('dialog')
  await hands.write(dialog.getByLabel(t('knowledge:questions')), DELIVERY.entry.questions.join('\n'))
  await hands.write(dialog.getByLabel(t('knowledge:answer_bn')), DELIVERY.entry.answer_bn)
  await hands.write(dialog.getByLabel(t('knowledge:answer_en')), DELIVERY.entry.answer_en)
  await hands.press(dialog.getByRole('button', { name: pattern('en', 'knowledge:save') }))
  await expect(dialog).toHaveCount(0)
  await expect(page.getByText(DELIVERY.entry.answer_bn).first()).toBeVisible()
}

/** Through the page's steps: app, webhook with Meta's handshake, account, check. */
async function connect(page: Page, hands: Hands, platform: Platform, agent: string): Promise<Account> {
  const number = unique()
  const account = {
    platform,
    externalId: `10${number}`,
    name: `শিউলিতলা ${platform}`,
    token: `EAAG${platform}${number}`,
    appSecret: `secret-of-${platform}-${number}`,
  }
  await hands.go('accounts')
  const way = { platform: t(`common:platform_${platform}`) }
  await hands.press(page.getByRole('link', { name: t('channels:connect_platform', way) }))
  await hands.write(page.getByLabel(t('channels:app_id')), APP_ID)
  await hands.write(page.getByLabel(t('channels:app_secret'), { exact: true }), account.appSecret)
  await hands.press(page.getByRole('button', { name: pattern('en', 'channels:save_app') }))

  // What Meta's dashboard is given, read from the page; then Meta calls, and the page says so by itself.
  await expect(page.getByText(t('channels:handshake_waiting'))).toBeVisible()
  const webhookUrl = await page.getByLabel(t('channels:webhook_url'), { exact: true }).inputValue()
  const verifyToken = await page.getByLabel(t('channels:verify_token'), { exact: true }).inputValue()
  const app: Pick<PlatformAppView, 'webhook_url' | 'verify_token'> = {
    webhook_url: webhookUrl,
    verify_token: verifyToken,
  }
  await handshake(app)
  await expect(page.getByText(t('channels:handshake_received'))).toBeVisible()

  const pageId = `99${number}`
  await play({ ...account, id: '', webhookUrl }, platform === 'instagram' ? { page_id: pageId } : {})
  await hands.write(page.getByLabel(t('channels:name'), { exact: true }), account.name)
  await hands.write(page.getByLabel(t(`channels:external_${platform}`)), account.externalId)
  if (platform === 'instagram') await hands.write(page.getByLabel(t('channels:page_id')), pageId)
  await hands.write(page.getByLabel(t('channels:token'), { exact: true }), account.token)
  await hands.choose(page.getByLabel(t('channels:agent'), { exact: true }), agent)
  await hands.press(page.getByRole('button', { name: pattern('en', 'channels:connect') }))
  await expect(page.getByText(t('channels:connected_title', { name: account.name }))).toBeVisible()
  await hands.press(page.getByRole('button', { name: pattern('en', 'channels:check') }))
  await expect(page.getByText(t('channels:check_ok'))).toBeVisible()
  return { ...account, id: '', webhookUrl }
}

export async function connectAll(page: Page, hands: Hands, agent: string): Promise<Account[]> {
  const accounts: Account[] = []
  for (const platform of PLATFORMS) accounts.push(await connect(page, hands, platform, agent))
  return accounts
}

/** The conversation of this account, as the newcomer's own access to the API shows it. */
async function conversationOf(newcomer: Newcomer, account: Account): Promise<ConversationView> {
  const call = async <T>(path: string, init?: RequestInit): Promise<T> => {
    const response = await fetch(`${world().apiUrl}/api/v1${path}`, init)
    if (!response.ok) throw new Error(`${path} answered ${response.status}`)
    return (await response.json()) as T
  }
  const { access_token } = await call<{ access_token: string }>('/auth/login', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(newcomer),
  })
  const headers = { Authorization: `Bearer ${access_token}` }
  const { items: organizations } = await call<{ items: OrganizationSummary[] }>('/organizations', { headers })
  const path = `/organizations/${organizations[0]?.id}/conversations`
  let found: ConversationView | undefined
  await until(async () => {
    const { items } = await call<{ items: ConversationView[] }>(path, { headers })
    found = items.find((one) => one.account_name === account.name)
    return found !== undefined
  }, `a conversation of ${account.name}`)
  if (!found) throw new Error('unreachable')
  return found
}

/** Longest that an answer may take from the platform's ledger to a page that is open elsewhere. */
const LIVE_WITHIN_MS = 2000

/**
 * A customer asks, the AI answers, and the page shows both by itself; then a person takes over, replies and hands back.
 * `watcher` is the same inbox in a second browser: it is not touched.
 */
export async function serve(page: Page, hands: Hands, newcomer: Newcomer, account: Account, watcher: Inbox) {
  const who = customerOf(account)
  const inbox = new Inbox(page)
  await hands.go('inbox')
  const tabs = page.getByRole('navigation', { name: t('inbox:tabs_label') })
  await hands.press(tabs.getByRole('link', { name: pattern('en', 'inbox:tab.all', { start: true }) }))
  await watcher.page.goto('/inbox?tab=all')
  await expect(watcher.page.getByRole('heading', { name: t('inbox:title') })).toBeVisible()

  const before = (await sentFrom(account)).length
  await who.writes('আসসালামু আলাইকুম')
  const { id } = await conversationOf(newcomer, account)
  await watcher.row(id).click()
  await expect(watcher.bubble('আসসালামু আলাইকুম')).toBeVisible()
  await hands.press(inbox.row(id))
  await expect(inbox.bubble('আসসালামু আলাইকুম')).toBeVisible()
  await watcher.page.evaluate(() => Object.assign(window, { sameDocument: true }))

  await until(async () => (await sentFrom(account)).length > before, 'the greeting to be answered')
  await who.writes(DELIVERY.question)
  const answer = await sent(account, DELIVERY.answer)
  await expect(watcher.bubble(DELIVERY.answer)).toBeVisible({ timeout: LIVE_WITHIN_MS })
  const late = Date.now() - answer.time_ms
  console.log(`${account.platform}: the answer stood in the second browser ${late} ms after it was sent`)
  expect(late).toBeLessThan(LIVE_WITHIN_MS)
  await expect(inbox.bubble(DELIVERY.answer)).toBeVisible()

  await hands.press(inbox.button('inbox:take_over'))
  await expect(
    watcher.page.getByText(pattern('en', 'inbox:event.taken_over', { start: true })).first(),
  ).toBeVisible()
  const reply = `জি, আমি নাজমা বলছি। ${unique()}`
  await hands.send(inbox.composer, reply)
  await sent(account, reply)
  await expect(watcher.bubble(reply)).toHaveCount(1)
  await expect(inbox.bubble(reply)).toContainText(t('inbox:state.sent'))
  await hands.press(inbox.button('inbox:hand_back'))
  await expect(
    watcher.page.getByText(pattern('en', 'inbox:event.handed_back', { start: true })).first(),
  ).toBeVisible()
  expect(await watcher.page.evaluate(() => 'sameDocument' in window), 'nothing was loaded again').toBe(true)
}
