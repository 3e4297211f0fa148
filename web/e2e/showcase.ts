import { randomUUID } from 'node:crypto'
import type { AgentView, ApiKeyView, ConversationView } from '../src/api/gen/types.gen'
import { type Account, DELIVERY, Person, type Shop, unique } from './api'
import { sql } from './database'
import { customerOf, fault, modelUrl, sent } from './sandbox'
import { until } from './server'

/** A shop in which everything that a screen can show has happened. */
export interface Showcase {
  owner: Person
  viewer: Person
  /** Has registered and nothing more. */
  newcomer: Person
  platformAdmin: Person
  shop: Shop
  agent: AgentView
  modelAgent: AgentView
  accounts: { facebook: Account; instagram: Account; whatsapp: Account }
  answered: ConversationView
  failed: ConversationView
  withNotes: ConversationView
  closedWindow: ConversationView
  invitation: string
}

export async function showcase(): Promise<Showcase> {
  const owner = await Person.register('নাজমা আক্তার')
  const shop = await owner.organization('শিউলিতলা')
  const agent = await shop.agent({
    name: 'শিউলি',
    system_prompt: 'তুমি শিউলিতলার সহকারী। সংক্ষেপে ও ভদ্রভাবে উত্তর দাও।',
  })
  await owner.patch(shop.path(`/agents/${agent.id}`), {
    system_prompt: 'তুমি শিউলিতলার সহকারী শিউলি।\nসংক্ষেপে ও ভদ্রভাবে উত্তর দাও।\nদাম না জানলে বলো যে সহকর্মী জানাবেন।',
  })
  const modelAgent = await shop.agent({
    name: 'রাতের সহকারী',
    model: {
      provider: 'openai_compatible',
      base_url: modelUrl(),
      model: 'sandbox-model',
      api_key: 'sk-test-0123456789',
    },
  })
  await shop.knowledge(DELIVERY.entry)
  await shop.knowledge({
    title: 'জামদানি',
    questions: ['জামদানি শাড়ির দাম কত?', 'jamdani saree dam koto'],
    answer_bn: 'হাফ সিল্ক জামদানি শাড়ি ১৮৫০ টাকা থেকে শুরু।',
    answer_en: 'Half-silk Jamdani sarees start at 1,850 taka.',
  })
  await shop.knowledge({ questions: ['বিকাশে পেমেন্ট করা যায়?'], answer_bn: 'জি, বিকাশ ও নগদে পেমেন্ট করা যায়।' })
  const accounts = {
    facebook: await shop.account('facebook', agent.id),
    instagram: await shop.account('instagram', agent.id),
    whatsapp: await shop.account('whatsapp', modelAgent.id),
  }
  const path = (conversation: { id: string }, action: string) =>
    shop.path(`/conversations/${conversation.id}/${action}`)

  const answered = await shop.hears(
    accounts.facebook,
    DELIVERY.question,
    customerOf(accounts.facebook, 'রহিমা খাতুন'),
  )
  await sent(accounts.facebook, DELIVERY.answer)
  const asked = 'আপনাদের দোকান কি শুক্রবারে খোলা থাকে?'
  await shop.hears(accounts.instagram, asked, customerOf(accounts.instagram, 'তানভীর হাসান'))

  const failed = await shop.hears(
    accounts.facebook,
    'লাল জামদানি কি এখনো আছে?',
    customerOf(accounts.facebook, 'সালমা বেগম'),
  )
  await owner.post(path(failed, 'take_over'))
  await fault(accounts.facebook, { kind: 'error', status: 400, code: 100 }, 1)
  await shop.say(failed.id, 'জি আপা, লাল জামদানি আছে। ছবি পাঠাচ্ছি।')
  await shop.message(failed.id, (message) => message.state === 'failed')

  const withNotes = await shop.hears(
    accounts.whatsapp,
    'Amar order ta kobe pabo?',
    customerOf(accounts.whatsapp, 'Kamrul Islam'),
  )
  await owner.post(path(withNotes, 'take_over'))
  await owner.post(path(withNotes, 'notes'), {
    text: 'কুরিয়ারে খোঁজ নিয়েছি, কাল দুপুরে পৌঁছাবে।',
    client_id: randomUUID(),
  })
  await owner.post(path(withNotes, 'assign'), { user_id: owner.id })
  await shop.say(withNotes.id, 'আগামীকাল দুপুরের মধ্যে পেয়ে যাবেন।')

  const closedWindow = await shop.hears(
    accounts.facebook,
    'দুই দিন আগের প্রশ্ন',
    customerOf(accounts.facebook, 'পুরোনো ক্রেতা'),
  )
  sql(
    `UPDATE conversations SET window_ends_at = now() - interval '7 days', human_window_ends_at = now() - interval '1 hour'
     WHERE id = '${closedWindow.id}'`,
    shop.id,
  )
  const resolved = await shop.hears(
    accounts.instagram,
    'ধন্যবাদ, পেয়ে গেছি',
    customerOf(accounts.instagram, 'মিতু'),
  )
  await owner.post(path(resolved, 'resolve'))
  const snoozed = await shop.hears(
    accounts.instagram,
    'কাল সকালে জানাবেন',
    customerOf(accounts.instagram, 'অনিক'),
  )
  await owner.post(path(snoozed, 'snooze'), { until: new Date(Date.now() + 86_400_000).toISOString() })

  const viewer = await shop.member('ফারহানা (দর্শক)', 'viewer')
  await shop.member('করিম উদ্দিন', 'operator')
  const { link } = await shop.invite(`invited-${unique()}@example.com`, 'operator')
  await owner.post<{ api_key: ApiKeyView }>(shop.path('/api_keys'), {
    name: 'ওয়েবসাইটের অর্ডার',
    role: 'operator',
  })
  await until(
    async () => (await shop.conversations()).some((conversation) => conversation.needs_human),
    'a handed-over conversation',
  )
  const platformAdmin = await Person.register('প্ল্যাটফর্ম অ্যাডমিন')
  sql(`UPDATE users SET is_platform_admin = true WHERE id = '${platformAdmin.id}'`)
  const newcomer = await Person.register('নতুন মানুষ')
  return {
    owner,
    viewer,
    newcomer,
    platformAdmin,
    shop,
    agent,
    modelAgent,
    accounts,
    answered,
    failed,
    withNotes,
    closedWindow,
    invitation: link.replace(/^https?:\/\/[^/]+/, ''),
  }
}
