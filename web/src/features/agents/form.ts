import * as z from 'zod/mini'
import type {
  AgentVersionView,
  AgentView,
  LanguagePolicy,
  ModelInput,
  UpdateAgent,
} from '@/api/gen/types.gen'
import { parseNumber } from '@/lib/format'

export const MAX_PROMPT = 8000
export const MAX_FALLBACK = 1000
export const LANGUAGES: readonly LanguagePolicy[] = ['auto', 'bangla', 'english']
/** Lowest and highest that the server takes. */
export const LIMITS = {
  temperature: [0, 2],
  quiet_seconds: [0, 30],
  max_answer_tokens: [16, 4000],
  history_budget_tokens: [200, 32_000],
  price: [0, 10_000],
} as const

function within(text: string, [low, high]: readonly [number, number], whole: boolean) {
  const number = parseNumber(text)
  return number !== null && number >= low && number <= high && (!whole || Number.isInteger(number))
}

/** Characters as the server counts them: an emoji is one. */
export function lengthOf(text: string): number {
  let length = 0
  for (const _ of text) length += 1
  return length
}

const atMost = (max: number) => z.refine<string>((text) => lengthOf(text) <= max, { error: 'length' })
const notBlank = z.refine<string>((text) => text.trim() !== '', { error: 'blank' })
const wholeNumber = (limits: readonly [number, number]) =>
  z.string().check(z.refine((text) => within(text, limits, true), { error: 'range' }))
const price = z
  .string()
  .check(z.refine((text) => text.trim() === '' || within(text, LIMITS.price, false), { error: 'range' }))

/** Scheme, host and port: what an API key is bound to (R62). */
export function originOf(address: string): string | null {
  try {
    return new URL(address.trim()).origin
  } catch {
    return null
  }
}

/** Messages are field codes; the form translates them. */
export const agentSchema = z
  .object({
    name: z.string().check(notBlank, atMost(100)),
    system_prompt: z.string().check(atMost(MAX_PROMPT)),
    language: z.enum(['auto', 'bangla', 'english']),
    temperature: z.number().check(z.minimum(0), z.maximum(2)),
    quiet_seconds: z.number().check(z.minimum(0), z.maximum(30)),
    max_answer_tokens: wholeNumber(LIMITS.max_answer_tokens),
    history_budget_tokens: wholeNumber(LIMITS.history_budget_tokens),
    fallback_text: z.string().check(notBlank, atMost(MAX_FALLBACK)),
    provider: z.enum(['knowledge', 'openai_compatible']),
    base_url: z.string(),
    model: z.string(),
    /** Typed now; the stored one is never here. */
    api_key: z.string(),
    /** The server needs no key: a stored one is removed. */
    no_key: z.boolean(),
    input_price: price,
    output_price: price,
    /** The origin that the stored key belongs to; empty without one. */
    key_origin: z.string(),
  })
  .check((context) => {
    const form = context.value
    if (form.provider === 'knowledge') return
    const wrong = (path: string, message: string) =>
      context.issues.push({ code: 'custom', path: [path], message, input: form })
    if (form.base_url.trim() === '') wrong('base_url', 'blank')
    else if (originOf(form.base_url) === null) wrong('base_url', 'url')
    else if (lengthOf(form.base_url) > 500) wrong('base_url', 'length')
    if (form.model.trim() === '') wrong('model', 'blank')
    else if (lengthOf(form.model) > 200) wrong('model', 'length')
    if (form.api_key !== '' && (form.api_key.length < 8 || form.api_key.length > 4096))
      wrong('api_key', 'key_length')
    else if (keyIsForAnotherHost(form)) wrong('api_key', 'key_for_another_host')
  })

export type AgentForm = z.infer<typeof agentSchema>

/** A key is stored, the address leads elsewhere, and no key was typed for it (R62). */
export function keyIsForAnotherHost(
  form: Pick<AgentForm, 'key_origin' | 'base_url' | 'api_key' | 'no_key'>,
): boolean {
  if (form.key_origin === '' || form.api_key !== '' || form.no_key) return false
  const origin = originOf(form.base_url)
  return origin !== null && origin !== form.key_origin
}

const numberText = (number: number | null | undefined) =>
  number === null || number === undefined ? '' : String(number)

type Settings = Omit<AgentVersionView, 'version' | 'created_at' | 'created_by'>

/** Settings as the form holds them. A version has neither name nor state of its own: it takes those of the agent. */
export function toForm(settings: Settings, agent: Pick<AgentView, 'name'>): AgentForm {
  const { model } = settings
  const outside = model.provider === 'openai_compatible' ? model : null
  return {
    name: agent.name,
    system_prompt: settings.system_prompt,
    language: settings.language,
    temperature: settings.temperature,
    quiet_seconds: settings.quiet_ms / 1000,
    max_answer_tokens: String(settings.max_answer_tokens),
    history_budget_tokens: String(settings.history_budget_tokens),
    fallback_text: settings.fallback_text,
    provider: model.provider,
    base_url: outside?.base_url ?? '',
    model: outside?.model ?? '',
    api_key: '',
    no_key: false,
    input_price: numberText(outside?.input_price_usd_per_million),
    output_price: numberText(outside?.output_price_usd_per_million),
    key_origin: outside?.api_key?.configured ? (originOf(outside.base_url) ?? '') : '',
  }
}

/** The model as the API takes it. Without a typed key the stored one stays, as long as the host does. */
export function toModelInput(form: AgentForm): ModelInput {
  if (form.provider === 'knowledge') return { provider: 'knowledge' }
  return {
    provider: 'openai_compatible',
    base_url: form.base_url.trim(),
    model: form.model.trim(),
    ...(form.api_key !== '' ? { api_key: form.api_key } : form.no_key ? { api_key: null } : {}),
    input_price_usd_per_million: parseNumber(form.input_price),
    output_price_usd_per_million: parseNumber(form.output_price),
  }
}

export function toBody(form: AgentForm): UpdateAgent {
  return {
    name: form.name.trim(),
    system_prompt: form.system_prompt,
    language: form.language,
    temperature: form.temperature,
    quiet_ms: Math.round(form.quiet_seconds * 1000),
    max_answer_tokens: parseNumber(form.max_answer_tokens) ?? undefined,
    history_budget_tokens: parseNumber(form.history_budget_tokens) ?? undefined,
    fallback_text: form.fallback_text,
    model: toModelInput(form),
  }
}

/** What is compared, kept or taken as one: an address of one side with the model's name of the other makes no sense. */
const UNITS = {
  name: ['name'],
  system_prompt: ['system_prompt'],
  language: ['language'],
  temperature: ['temperature'],
  quiet_seconds: ['quiet_seconds'],
  max_answer_tokens: ['max_answer_tokens'],
  history_budget_tokens: ['history_budget_tokens'],
  fallback_text: ['fallback_text'],
  model: ['provider', 'base_url', 'model', 'input_price', 'output_price', 'api_key', 'no_key'],
} as const satisfies Record<string, readonly (keyof AgentForm)[]>
export type Unit = keyof typeof UNITS
const ALL_UNITS = Object.keys(UNITS) as Unit[]

function same(field: keyof AgentForm, a: AgentForm, b: AgentForm) {
  if (a[field] === b[field]) return true
  // "4000" and "৪০০০" are one number.
  const [left, right] = [a[field], b[field]]
  if (typeof left !== 'string' || typeof right !== 'string' || !/_price$|_tokens$/.test(field)) return false
  return parseNumber(left) === parseNumber(right)
}

/** Where two sides differ, in the order of the editor. */
export function differences(a: AgentForm, b: AgentForm): Unit[] {
  return ALL_UNITS.filter((unit) => UNITS[unit].some((field) => !same(field, a, b)))
}

/** `theirs`, with the chosen units of `mine`. */
export function merge(theirs: AgentForm, mine: AgentForm, chosen: ReadonlySet<Unit>): AgentForm {
  const merged = { ...theirs }
  for (const unit of chosen) {
    for (const field of UNITS[unit]) Object.assign(merged, { [field]: mine[field] })
  }
  return merged
}

/** The tab on which a field stands. */
export function tabOf(field: string): 'instructions' | 'behaviour' | 'model' {
  if (field === 'name' || field === 'system_prompt') return 'instructions'
  return (UNITS.model as readonly string[]).includes(field) ? 'model' : 'behaviour'
}

/** The form's names of the fields that the server finds wrong. */
export const SERVER_FIELDS: Record<string, keyof AgentForm> = {
  name: 'name',
  system_prompt: 'system_prompt',
  temperature: 'temperature',
  quiet_ms: 'quiet_seconds',
  max_answer_tokens: 'max_answer_tokens',
  history_budget_tokens: 'history_budget_tokens',
  fallback_text: 'fallback_text',
  'model.base_url': 'base_url',
  'model.model': 'model',
  'model.api_key': 'api_key',
  'model.input_price_usd_per_million': 'input_price',
  'model.output_price_usd_per_million': 'output_price',
}
