import { createHmac } from 'node:crypto'
import type { Account, Platform } from './api'
import { until } from './server'
import { world } from './world'

/** The sandbox's control: Meta's side and the customers. */

async function control<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${world().sandboxUrl}/_sandbox${path}`, {
    method,
    headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  })
  const text = await response.text()
  if (!response.ok)
    throw new Error(`${method} /_sandbox${path} answered ${response.status}: ${text.slice(0, 300)}`)
  return (text ? JSON.parse(text) : null) as T
}

/** The sandbox plays this account from now on. */
export async function play(account: Account, changes: Record<string, unknown> = {}) {
  await control('POST', '/accounts', {
    platform: account.platform,
    external_id: account.externalId,
    token: account.token,
    app_id: '990011223344556',
    app_secret: account.appSecret,
    name: account.name,
    webhook: { url: account.webhookUrl, app_secret: account.appSecret },
    ...changes,
  })
}

export interface Customer {
  id: string
  name: string
  writes(text: string): Promise<void>
}

let customers = 0

/** Somebody who has not written before. */
export function customerOf(account: Pick<Account, 'platform' | 'externalId'>, name = 'রহিমা খাতুন'): Customer {
  customers += 1
  const number = `${Date.now() % 1e7}`.padStart(7, '0') + String(customers).padStart(3, '0')
  const id = account.platform === 'whatsapp' ? `880${number}` : `73${number}`
  return {
    id,
    name,
    async writes(text) {
      const body = { platform: account.platform, account: account.externalId, customer_id: id, name, text }
      // Meta delivers again until the shop's server has taken it; it may be starting.
      await until(async () => {
        const { status } = await control<{ status: number | null }>('POST', '/customer_messages', body)
        return status === 200
      }, 'the webhook to be taken')
    },
  }
}

/** A message that the platform has accepted. */
export interface Effect {
  seq: number
  time_ms: number
  platform: Platform
  account: string
  recipient: string
  text: string | null
}

/** All that was sent from this account, oldest first. */
export async function sentFrom(account: Pick<Account, 'externalId'>): Promise<Effect[]> {
  const all: Effect[] = []
  for (let after = 0; ; ) {
    const { items } = await control<{ items: Effect[] }>('GET', `/ledger?after=${after}`)
    const last = items.at(-1)
    if (!last) return all
    all.push(...items.filter((effect) => effect.account === account.externalId))
    after = last.seq
  }
}

/** The message with this text, as soon as the platform has it. */
export async function sent(account: Pick<Account, 'externalId'>, text: string, ms?: number): Promise<Effect> {
  let found: Effect | undefined
  await until(
    async () => {
      found = (await sentFrom(account)).find((effect) => effect.text === text)
      return found !== undefined
    },
    `"${text}" to be sent`,
    ms,
  )
  if (!found) throw new Error('unreachable')
  return found
}

/** What goes wrong with sends of this account; `calls` missing means until it is cleared. */
export async function fault(
  account: Pick<Account, 'externalId'>,
  what: Record<string, unknown>,
  calls?: number,
) {
  await control('POST', '/faults', { target: account.externalId, calls, fault: what })
}

export async function clearFaults() {
  await control('DELETE', '/faults')
}

/** What the simulated language model says next. */
export async function modelSays(reply: Record<string, unknown>) {
  await control('POST', '/model/replies', reply)
}

/** For `base_url` of an agent. */
export function modelUrl() {
  return `${world().sandboxUrl}/model/v1`
}

/** A webhook with any body, signed as Meta signs. */
export async function receive(account: Account, body: unknown) {
  const bytes = Buffer.from(JSON.stringify(body))
  const signature = createHmac('sha256', account.appSecret).update(bytes).digest('hex')
  const response = await fetch(account.webhookUrl, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Hub-Signature-256': `sha256=${signature}` },
    body: bytes,
  })
  if (response.status !== 200) throw new Error(`the webhook answered ${response.status}`)
}
