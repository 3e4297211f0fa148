import type { Page } from '@playwright/test'
import { type Account, Person, unique } from './api'
import { expect, settled, test } from './fixtures'
import { Inbox } from './inbox'
import { customerOf, modelSays, modelUrl, receive, sent } from './sandbox'
import { text } from './texts'
import { world } from './world'

/** Each sets `window.xss` if anything runs it. */
const PAYLOADS = [
  '<script>window.xss=1</script>',
  '<img src=x onerror="window.xss=2">',
  '<svg/onload=window.xss=3>',
  '"><iframe srcdoc="<script>parent.xss=4</script>">',
  'javascript:window.xss=5',
  '<a href="javascript:window.xss=6">বিকাশ</a>',
  '{{constructor.constructor("window.xss=7")()}}',
  '<math><mtext><style><img src onerror=window.xss=8></style></mtext></math>',
]
const NAME = '<img src=x onerror=window.xss=9>'

/** A WhatsApp webhook with any message in it. */
function whatsapp(account: Account, from: string, name: string, message: Record<string, unknown>) {
  return {
    object: 'whatsapp_business_account',
    entry: [
      {
        id: '220033445566778',
        changes: [
          {
            field: 'messages',
            value: {
              messaging_product: 'whatsapp',
              metadata: { display_phone_number: '8801700000000', phone_number_id: account.externalId },
              contacts: [{ profile: { name }, wa_id: from }],
              messages: [
                {
                  from,
                  id: `wamid.${unique()}`,
                  timestamp: String(Math.floor(Date.now() / 1000)),
                  ...message,
                },
              ],
            },
          },
        ],
      },
    ],
  }
}

async function nothingRan(page: Page, where: string) {
  const state = await page.evaluate(() => ({
    ran: (window as { xss?: number }).xss,
    links: [
      ...document.querySelectorAll('a[href], area[href], iframe, object, embed, form[action], use[href]'),
    ]
      .map((element) => element.getAttribute('href') ?? element.getAttribute('action') ?? element.tagName)
      .filter((address) => /^(\s*(javascript|data|vbscript):|iframe|object|embed)/i.test(address)),
    injected: document.querySelectorAll('#root script, #root math, img[onerror], svg[onload]').length,
  }))
  expect(state, where).toEqual({ ran: undefined, links: [], injected: 0 })
}

test('what people, models and files say is text and never code', async ({ open, request }) => {
  test.setTimeout(90_000)
  const policy =
    (await request.get('/login', { headers: { Accept: 'text/html' } })).headers()[
      'content-security-policy'
    ] ?? ''
  expect(policy).toContain("script-src 'self'")
  expect(policy).not.toMatch(/script-src[^;]*unsafe/)

  const owner = await Person.register(`নাজমা ${NAME}`)
  const shop = await owner.organization(`দোকান ${NAME} ${unique()}`)
  const agent = await shop.agent({
    name: `এজেন্ট ${NAME}`,
    system_prompt: PAYLOADS.join('\n'),
    model: {
      provider: 'openai_compatible',
      base_url: modelUrl(),
      model: '"><script>window.xss=10</script>',
      api_key: 'sk-test-0123456789',
    },
  })
  for (const payload of PAYLOADS.slice(0, 4))
    await shop.knowledge({
      title: payload.slice(0, 80),
      questions: [`${payload} কত?`],
      answer_bn: payload,
      answer_en: payload,
    })
  const account = await shop.account('whatsapp', agent.id, { name: `হোয়াটসঅ্যাপ ${NAME}` })
  const customer = customerOf(account, NAME)

  // The model says it: the server refuses most markup of models, but lets through what could be words.
  const answer = 'উত্তর <svg/onload=window.xss=21> <input autofocus onfocus=window.xss=22>'
  await modelSays({ kind: 'text', text: answer })
  const conversation = await shop.hears(account, 'দাম কত?', customer)
  await sent(account, answer)
  await customer.writes(PAYLOADS.join('\n'))
  const file = `<img src=x onerror=window.xss=11>.pdf`
  const medium = {
    id: '123456',
    mime_type: 'application/pdf',
    sha256: 'x',
    filename: file,
    caption: 'ফাইল',
    url: 'javascript:window.xss=12',
  }
  await receive(account, whatsapp(account, customer.id, NAME, { type: 'document', document: medium }))
  await receive(
    account,
    whatsapp(account, customer.id, NAME, {
      type: 'location',
      location: {
        latitude: 23.8,
        longitude: 90.4,
        name: PAYLOADS[1],
        address: PAYLOADS[0],
        url: 'javascript:window.xss=13',
      },
    }),
  )
  await shop.message(conversation.id, (message) => message.kind === 'location')
  await owner.post(shop.path(`/conversations/${conversation.id}/take_over`))
  await owner.post(shop.path(`/conversations/${conversation.id}/notes`), {
    text: PAYLOADS.join(' '),
    client_id: unique(),
  })
  await shop.say(conversation.id, `${PAYLOADS[0]} ${PAYLOADS[4]}`)
  await shop.invite(`xss-${unique()}@example.com`, 'viewer')

  const page = await open(owner, { path: null })
  const inbox = new Inbox(page)
  await inbox.open(conversation.id)
  // As text, to the letter.
  for (const payload of PAYLOADS) await expect(inbox.thread.getByText(payload).first()).toBeVisible()
  await expect(inbox.bubble(answer)).toHaveCount(1)
  await expect(page.getByText(NAME).first()).toBeVisible()
  await nothingRan(page, 'thread')

  // In the playground it arrives as it is written, before anybody has judged it.
  await page.goto(`/playground?agent=${agent.id}`)
  await modelSays({ kind: 'text', text: PAYLOADS.join(' ') })
  await page.getByRole('textbox', { name: text('en', 'playground:question') }).fill(PAYLOADS[0] ?? '')
  await page.getByRole('button', { name: text('en', 'playground:send'), exact: true }).click()
  await expect(page.getByText(PAYLOADS[6] ?? '').first()).toBeVisible()
  await nothingRan(page, 'playground')

  for (const path of [
    '/client-dashboard',
    '/inbox',
    `/inbox/${conversation.id}/contact`,
    '/agents',
    `/agents/${agent.id}`,
    '/playground',
    '/knowledge',
    '/social/accounts',
    `/social/accounts/${account.id}`,
    '/team',
    '/audit',
    '/analytics',
    '/settings',
    '/profile',
    '/troubles',
    `/login?next=${encodeURIComponent('javascript:window.xss=14')}`,
    `/inbox?q=${encodeURIComponent(PAYLOADS[1] ?? '')}`,
    '/invite#token=%3Cimg%20src%3Dx%20onerror%3Dwindow.xss%3D15%3E',
    '/reset#token=javascript:window.xss=16',
    '/%3Cscript%3Ewindow.xss=17%3C/script%3E',
  ]) {
    await page.goto(`${world().apiUrl}${path}`)
    await settled(page)
    await nothingRan(page, path)
  }
})
