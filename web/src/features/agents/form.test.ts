import { describe, expect, it } from 'vitest'
import type { AgentView } from '@/api/gen/types.gen'
import { diffLines } from './diff'
import {
  type AgentForm,
  agentSchema,
  differences,
  keyIsForAnotherHost,
  merge,
  toBody,
  toForm,
  toModelInput,
} from './form'

const AGENT: AgentView = {
  id: 'a',
  name: 'Shop',
  active: true,
  version: 3,
  system_prompt: 'Be kind.',
  language: 'auto',
  temperature: 0.3,
  quiet_ms: 2500,
  max_answer_tokens: 400,
  history_budget_tokens: 3000,
  fallback_text: 'A person answers soon.',
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
  model: {
    provider: 'openai_compatible',
    base_url: 'https://llm.example/v1',
    model: 'm',
    api_key: { configured: true, last4: '1234' },
    input_price_usd_per_million: 0.15,
    output_price_usd_per_million: null,
  },
}
const form = (changes: Partial<AgentForm> = {}): AgentForm => ({ ...toForm(AGENT, AGENT), ...changes })
const errors = (changes: Partial<AgentForm>) => {
  const result = agentSchema.safeParse(form(changes))
  return result.success
    ? {}
    : Object.fromEntries(result.error.issues.map((one) => [one.path[0], one.message]))
}

describe('the form', () => {
  it('gives back what it was filled from', () => {
    expect(errors({})).toEqual({})
    expect(toBody(form())).toEqual({
      name: 'Shop',
      system_prompt: 'Be kind.',
      language: 'auto',
      temperature: 0.3,
      quiet_ms: 2500,
      max_answer_tokens: 400,
      history_budget_tokens: 3000,
      fallback_text: 'A person answers soon.',
      model: {
        provider: 'openai_compatible',
        base_url: 'https://llm.example/v1',
        model: 'm',
        input_price_usd_per_million: 0.15,
        output_price_usd_per_million: null,
      },
    })
  })

  it('takes Bangla digits and refuses what the server would', () => {
    expect(toBody(form({ max_answer_tokens: '৫০০' })).max_answer_tokens).toBe(500)
    expect(errors({ max_answer_tokens: '৫' })).toEqual({ max_answer_tokens: 'range' })
    expect(errors({ history_budget_tokens: '300.5' })).toEqual({ history_budget_tokens: 'range' })
    expect(errors({ name: '  ', fallback_text: '' })).toEqual({ name: 'blank', fallback_text: 'blank' })
    expect(errors({ system_prompt: 'অ'.repeat(8001) })).toEqual({ system_prompt: 'length' })
    expect(errors({ system_prompt: '😀'.repeat(8000) })).toEqual({})
    expect(errors({ input_price: '-1' })).toEqual({ input_price: 'range' })
  })

  it('asks nothing of an outside model when the built-in one answers', () => {
    expect(errors({ provider: 'knowledge', base_url: '', model: '' })).toEqual({})
    expect(errors({ name: '', base_url: 'llm.example', model: ' ' })).toEqual({
      name: 'blank',
      base_url: 'url',
      model: 'blank',
    })
  })
})

describe('a stored key', () => {
  it.each([
    ['https://llm.example:443/other', false],
    ['https://LLM.example/v2', false],
    ['https://evil.example/v1', true],
    ['http://llm.example/v1', true],
    ['https://llm.example:8443/v1', true],
  ])('%s: has to be typed again: %s', (base_url, again) => {
    expect(keyIsForAnotherHost(form({ base_url }))).toBe(again)
    expect(errors({ base_url })).toEqual(again ? { api_key: 'key_for_another_host' } : {})
  })

  it('is replaced by a typed one, removed when none is needed, and else not mentioned', () => {
    expect(toModelInput(form())).not.toHaveProperty('api_key')
    expect(toModelInput(form({ no_key: true }))).toHaveProperty('api_key', null)
    expect(toModelInput(form({ api_key: 'sk-0123456789' }))).toHaveProperty('api_key', 'sk-0123456789')
    expect(errors({ base_url: 'https://evil.example', no_key: true })).toEqual({})
  })
})

describe('two sides', () => {
  it('differ by units; a number in other digits is the same', () => {
    const mine = form({ max_answer_tokens: '৪০০', temperature: 0.9, model: 'other' })
    expect(differences(form(), mine)).toEqual(['temperature', 'model'])
  })

  it('merge: the chosen units are mine, the rest theirs, and a model is never mixed', () => {
    const theirs = form({ name: 'Theirs', base_url: 'https://theirs.example', model: 'theirs' })
    const mine = form({ name: 'Mine', system_prompt: 'Mine.', model: 'mine', api_key: 'sk-0123456789' })
    const merged = merge(theirs, mine, new Set(['system_prompt', 'model'] as const))
    expect(merged).toMatchObject({
      name: 'Theirs',
      system_prompt: 'Mine.',
      base_url: 'https://llm.example/v1',
      model: 'mine',
      api_key: 'sk-0123456789',
    })
  })
})

describe('lines of two texts', () => {
  const told = (before: string, after: string) =>
    diffLines(before, after).map(
      ({ kind, text }) => `${{ same: ' ', added: '+', removed: '-' }[kind]}${text}`,
    )

  it('are kept, removed or added', () => {
    expect(told('a\nb\nc\nd', 'a\nx\nc\ne\nd')).toEqual([' a', '-b', '+x', ' c', '+e', ' d'])
    expect(told('', 'a')).toEqual(['+a'])
    expect(told('a', '')).toEqual(['-a'])
    expect(told('a\na', 'a')).toEqual([' a', '-a'])
  })

  it('stay quick with the longest prompts', () => {
    const lines = (mark: string) => Array.from({ length: 4000 }, (_, at) => `${mark}${at}`).join('\n')
    expect(diffLines(lines('a'), lines('b'))).toHaveLength(8000)
  })
})
