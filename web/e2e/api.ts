import { randomUUID } from 'node:crypto'
import type {
  AgentView,
  ConversationView,
  CreateAgent,
  CreatedInvitation,
  KnowledgeInput,
  MessageView,
  OrganizationView,
  PlatformAppView,
  Role,
  SignedIn,
  SocialAccountView,
} from '../src/api/gen/types.gen'
import { type Customer, customerOf, play } from './sandbox'
import { until } from './server'
import { world } from './world'

/** The public API, as any integrator would call it. */

export type Platform = 'facebook' | 'instagram' | 'whatsapp'
export const PLATFORMS: readonly Platform[] = ['facebook', 'instagram', 'whatsapp']

let counter = 0
/** Unlike every other number of this run: names and ids are made of it. */
export function unique(): string {
  counter += 1
  return `${Date.now() % 1e9}${String(counter).padStart(3, '0')}`
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

async function send(method: Method, path: string, token: string | null, body?: unknown): Promise<Response> {
  return fetch(`${world().apiUrl}/api/v1${path}`, {
    method,
    headers: {
      'X-Requested-With': 'banglachat',
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  })
}

async function answer<T>(method: Method, path: string, response: Response): Promise<T> {
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 600)}`)
  return (text ? JSON.parse(text) : null) as T
}

/** A cookie as the browser's context takes it. */
export interface Cookie {
  name: string
  value: string
  domain: string
  path: string
  httpOnly: boolean
  secure: boolean
  sameSite: 'Strict'
}

/** Somebody who has registered. */
export class Person {
  #token = ''

  readonly id: string
  readonly name: string
  readonly email: string
  readonly password: string

  private constructor(answer: SignedIn, password: string) {
    this.#token = answer.access_token
    this.id = answer.user.id
    this.name = answer.user.name
    this.email = answer.user.email
    this.password = password
  }

  static async register(name: string, language: 'bn' | 'en' = 'en'): Promise<Person> {
    const number = unique()
    const password = `sonar tori bhashe ${number}`
    const body = { email: `person-${number}@example.com`, password, name, language }
    const made = await send('POST', '/auth/register', null, body)
    return new Person(await answer<SignedIn>('POST', '/auth/register', made), password)
  }

  /** One more sign-in of this person, as the cookie that a browser gets. */
  async cookie(): Promise<Cookie> {
    const response = await send('POST', '/auth/login', null, { email: this.email, password: this.password })
    const { access_token } = await answer<SignedIn>('POST', '/auth/login', response)
    this.#token = access_token
    const [pair = '', ...attributes] = (response.headers.getSetCookie()[0] ?? '').split(/;\s*/)
    const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5)
    const split = pair.indexOf('=')
    if (split < 1 || !path) throw new Error('no refresh cookie came')
    return {
      name: pair.slice(0, split),
      value: pair.slice(split + 1),
      domain: new URL(world().apiUrl).hostname,
      path,
      httpOnly: attributes.some((attribute) => /^httponly$/i.test(attribute)),
      secure: attributes.some((attribute) => /^secure$/i.test(attribute)),
      sameSite: 'Strict',
    }
  }

  get token(): string {
    return this.#token
  }

  async #call<T>(method: Method, path: string, body?: unknown): Promise<T> {
    return answer<T>(method, path, await send(method, path, this.#token, body))
  }

  get<T>(path: string) {
    return this.#call<T>('GET', path)
  }
  post<T>(path: string, body?: unknown) {
    return this.#call<T>('POST', path, body)
  }
  put<T>(path: string, body: unknown) {
    return this.#call<T>('PUT', path, body)
  }
  patch<T>(path: string, body: unknown) {
    return this.#call<T>('PATCH', path, body)
  }
  delete(path: string) {
    return this.#call<null>('DELETE', path)
  }

  /** A new organization of this person. */
  async organization(name: string): Promise<Shop> {
    const made = await this.post<OrganizationView>('/organizations', { name })
    return new Shop(this, made.id, name)
  }
}

export interface Account {
  id: string
  platform: Platform
  externalId: string
  name: string
  token: string
  appSecret: string
  webhookUrl: string
}

/** An organization as its owner sees it. */
export class Shop {
  readonly owner: Person
  readonly id: string
  readonly name: string

  constructor(owner: Person, id: string, name: string) {
    this.owner = owner
    this.id = id
    this.name = name
  }

  path(below: string): string {
    return `/organizations/${this.id}${below}`
  }

  /** Answers from the shop's knowledge unless told otherwise, a moment after the customer's last word. */
  agent(settings: Partial<CreateAgent> = {}): Promise<AgentView> {
    return this.owner.post<AgentView>(this.path('/agents'), {
      name: `শিউলি ${unique()}`,
      model: { provider: 'knowledge' },
      quiet_ms: 300,
      fallback_text: 'একজন সহকর্মী শিগগিরই জানাবেন।',
      ...settings,
    })
  }

  knowledge(entry: KnowledgeInput) {
    return this.owner.post(this.path('/knowledge'), entry)
  }

  app(platform: Platform, appSecret: string): Promise<PlatformAppView> {
    return this.owner.put<PlatformAppView>(this.path(`/platform_apps/${platform}`), {
      app_id: APP_ID,
      app_secret: appSecret,
    })
  }

  /** Connects an account, and makes the sandbox play it. */
  async account(
    platform: Platform,
    agentId: string | null,
    changes: Record<string, unknown> = {},
  ): Promise<Account> {
    const externalId = `10${unique()}`
    const token = `EAAG${platform}${externalId}`
    const appSecret = `secret-of-${platform}-${this.id}`
    const app = await this.app(platform, appSecret)
    await handshake(app)
    const made = await this.owner.post<SocialAccountView>(this.path('/social_accounts'), {
      platform,
      external_id: externalId,
      name: `শিউলিতলা ${platform}`,
      access_token: token,
      agent_id: agentId,
      auto_reply: agentId !== null,
      ...changes,
    })
    const account: Account = {
      id: made.id,
      platform,
      externalId,
      name: made.name,
      token,
      appSecret,
      webhookUrl: app.webhook_url,
    }
    await play(account)
    return account
  }

  invite(email: string, role: Role) {
    return this.owner.post<CreatedInvitation>(this.path('/invitations'), { email, role })
  }

  /** Another person in this organization. */
  async member(name: string, role: Role): Promise<Person> {
    const person = await Person.register(name)
    const { link } = await this.invite(person.email, role)
    await person.post('/invitations/accept', { token: link.split(/#(?:token=)?/)[1] })
    return person
  }

  async conversations(): Promise<ConversationView[]> {
    return (await this.owner.get<{ items: ConversationView[] }>(this.path('/conversations?limit=100'))).items
  }

  async messages(conversationId: string): Promise<MessageView[]> {
    const path = this.path(`/conversations/${conversationId}/messages?limit=100`)
    return (await this.owner.get<{ items: MessageView[] }>(path)).items
  }

  /** The newest conversation in which this was written. */
  async conversationWith(text: string): Promise<ConversationView> {
    let found: ConversationView | undefined
    await until(async () => {
      for (const conversation of await this.conversations()) {
        const messages = await this.messages(conversation.id)
        if (!messages.some((message) => message.text === text)) continue
        found = conversation
        return true
      }
      return false
    }, `a conversation with "${text}"`)
    if (!found) throw new Error('unreachable')
    return found
  }

  /** A customer writes, and the conversation it became. */
  async hears(
    account: Account,
    text: string,
    customer: Customer = customerOf(account),
  ): Promise<ConversationView> {
    await customer.writes(text)
    return this.conversationWith(text)
  }

  /** Waits until a message of this conversation suits. */
  async message(conversationId: string, suits: (message: MessageView) => boolean): Promise<MessageView> {
    let found: MessageView | undefined
    await until(async () => {
      found = (await this.messages(conversationId)).find(suits)
      return found !== undefined
    }, 'a message')
    if (!found) throw new Error('unreachable')
    return found
  }

  say(conversationId: string, words: string) {
    return this.owner.post<MessageView>(this.path(`/conversations/${conversationId}/messages`), {
      text: words,
      client_id: randomUUID(),
    })
  }
}

/** The app that the sandbox takes for Meta's. */
export const APP_ID = '990011223344556'

/** What Meta does when somebody presses "Verify and save" in its dashboard. */
export async function handshake(app: { webhook_url: string; verify_token: string }) {
  const url = new URL(app.webhook_url)
  url.searchParams.set('hub.mode', 'subscribe')
  url.searchParams.set('hub.challenge', '1158201444')
  url.searchParams.set('hub.verify_token', app.verify_token)
  const response = await fetch(url)
  const said = await response.text()
  if (said !== '1158201444') throw new Error(`the webhook answered ${response.status}: ${said}`)
}

/** What the tests' shop knows, so that a customer who asks for the delivery charge is answered. */
export const DELIVERY = {
  question: 'ডেলিভারি চার্জ কত?',
  answer: 'ঢাকার ভেতরে ডেলিভারি চার্জ ৭০ টাকা, ঢাকার বাইরে ১৩০ টাকা।',
  entry: {
    title: 'ডেলিভারি',
    questions: ['ডেলিভারি চার্জ কত?', 'delivery charge koto', 'How much is delivery?'],
    answer_bn: 'ঢাকার ভেতরে ডেলিভারি চার্জ ৭০ টাকা, ঢাকার বাইরে ১৩০ টাকা।',
    answer_en: 'Delivery is 70 taka inside Dhaka and 130 taka outside Dhaka.',
  },
}

/** A shop that answers: owner, agent, knowledge and one account. */
export async function openShop(options: { platform?: Platform; language?: 'bn' | 'en' } = {}) {
  const owner = await Person.register('নাজমা আক্তার', options.language ?? 'en')
  const shop = await owner.organization(`শিউলিতলা ${unique()}`)
  const [agent] = await Promise.all([shop.agent(), shop.knowledge(DELIVERY.entry)])
  const account = await shop.account(options.platform ?? 'facebook', agent.id)
  return { owner, shop, agent, account }
}
