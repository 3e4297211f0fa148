import { describe, expect, it } from 'vitest'
import { NAMESPACES } from '.'

const files = import.meta.glob<Record<string, unknown>>('./locales/*/*.json', {
  eager: true,
  import: 'default',
})

function flatten(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => flatten(inner, path ? `${path}.${key}` : key))
}

function texts(language: string, namespace: string) {
  const file = files[`./locales/${language}/${namespace}.json`]
  expect(file, `${language}/${namespace}.json`).toBeDefined()
  return new Map(flatten(file))
}

const placeholders = (text: string) =>
  [...new Set(text.match(/\{\{\s*[\w.]+/g) ?? [])].map((found) => found.replace(/\W/g, '')).sort()

describe.each(NAMESPACES)('texts of %s', (namespace) => {
  const [bangla, english] = [texts('bn', namespace), texts('en', namespace)]

  it('has the same keys in both languages', () => {
    expect([...bangla.keys()].sort()).toEqual([...english.keys()].sort())
  })

  it('has the same placeholders in both languages, and nothing empty', () => {
    for (const [key, text] of english) {
      expect(placeholders(bangla.get(key) ?? ''), key).toEqual(placeholders(text))
      expect(text.trim(), key).not.toBe('')
      expect(bangla.get(key)?.trim(), key).not.toBe('')
    }
  })

  it('is Bangla in the Bangla file', () => {
    const latinOnly = [...bangla].filter(
      ([, text]) => /\p{L}{4,}/u.test(text) && !/\p{Script=Bengali}/u.test(text),
    )
    expect(latinOnly.filter(([, text]) => !BRAND_ONLY.test(text))).toEqual([])
  })
})

/** Names, codes and examples that stay as they are. */
const BRAND_ONLY =
  /^[\s\p{P}\p{S}\d]*((BanglaChatPro|Messenger|Facebook|Instagram|WhatsApp|Meta|English|Webhook|URL|JSON|CSV|API|Ctrl|Shift|Enter|Esc|USD|OpenAI|[\w.+-]+@[\w.]+|https?:\S+|\{\{[^}]+\}\})[\s\p{P}\p{S}\d]*)+$/u
