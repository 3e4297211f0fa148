import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export type Language = 'bn' | 'en'
export const LANGUAGES: readonly Language[] = ['bn', 'en']

const files = new Map<string, Record<string, unknown>>()

function file(language: Language, namespace: string): Record<string, unknown> {
  const path = fileURLToPath(new URL(`../src/i18n/locales/${language}/${namespace}.json`, import.meta.url))
  const known = files.get(path)
  if (known) return known
  const read = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
  files.set(path, read)
  return read
}

function find(language: Language, key: string): string {
  const [namespace = '', path = ''] = key.split(':')
  let found: unknown = file(language, namespace)
  for (const step of path.split('.')) found = (found as Record<string, unknown> | undefined)?.[step]
  if (typeof found !== 'string') throw new Error(`no text ${key} in ${language}`)
  return found
}

/** The page's own words, `namespace:key`: tests follow the locale files. */
export function text(language: Language, key: string, values: Record<string, string> = {}): string {
  return find(language, key).replace(/\{\{\s*(\w+)[^}]*\}\}/g, (_, name: string) => {
    const value = values[name]
    if (value === undefined) throw new Error(`${key} wants a value for ${name}`)
    return value
  })
}

/** As above, where the placeholders may be anything. */
export function pattern(language: Language, key: string, options: { start?: boolean } = {}): RegExp {
  const escaped = find(language, key)
    .split(/\{\{[^}]*\}\}/)
    .map((part) => part.replace(/<\/?\w+\/?>/g, '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*')
  return new RegExp(options.start ? `^\\s*${escaped}` : `^\\s*${escaped}\\s*$`)
}
