// @vitest-environment node
import { describe, expect, test } from 'vitest'

// Vitest empties imported style sheets, and the app's types know no Node modules: read the file at run time.
const moduleName: string = 'node:fs'
const fs: { readFileSync(path: string, encoding: 'utf8'): string } = await import(moduleName)
const css = fs.readFileSync(new URL('./styles.css', import.meta.url).pathname, 'utf8')

function tokens(selector: string): Record<string, string> {
  const start = css.indexOf(`${selector} {`)
  if (start < 0) throw new Error(`no block ${selector}`)
  const block = css.slice(start, css.indexOf('}', start))
  return Object.fromEntries(
    [...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map((m) => [m[1] ?? '', m[2] ?? '']),
  )
}

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (high + 0.05) / (low + 0.05)
}

const themes = { light: tokens(':root'), dark: tokens(':root[data-theme="dark"]') }
const grounds = ['bg', 'panel', 'raised', 'hover']
const tones = ['brand', 'danger', 'warn', 'ok', 'info', 'bot', 'note']

const text: [string, string][] = [
  ...['fg', 'muted', ...tones].flatMap((c) => grounds.map((g): [string, string] => [c, g])),
  ...tones.flatMap((c): [string, string][] => [
    [c, `${c}-soft`],
    ['fg', `${c}-soft`],
    ['muted', `${c}-soft`],
  ]),
  ['brand-fg', 'brand'],
  ['brand-fg', 'brand-hover'],
  ['danger-fg', 'danger'],
  ['danger-fg', 'danger-hover'],
  ['heat-fg', 'heat-0'],
  ['heat-fg', 'heat-1'],
  ['heat-fg', 'heat-2'],
  ['heat-strong-fg', 'heat-3'],
  ['heat-strong-fg', 'heat-4'],
]
const graphics: [string, string][] = [
  ...['facebook', 'instagram', 'whatsapp', 'x', 'focus', 'line-strong'].flatMap((c) =>
    grounds.map((g): [string, string] => [c, g]),
  ),
  ...[1, 2, 3, 4, 5].flatMap((n) =>
    ['bg', 'panel', 'raised'].map((g): [string, string] => [`chart-${n}`, g]),
  ),
]

describe.each(Object.entries(themes))('%s theme', (_name, theme) => {
  const ratio = (a: string, b: string) => {
    const [x, y] = [theme[a], theme[b]]
    if (!x || !y) throw new Error(`missing token ${a} or ${b}`)
    return contrast(x, y)
  }
  test('text reads on every ground it is used on (4.5)', () => {
    const bad = text.map(([a, b]) => [a, b, ratio(a, b)] as const).filter(([, , r]) => r < 4.5)
    expect(bad).toEqual([])
  })
  test('icons, control borders and chart marks stand out (3)', () => {
    const bad = graphics.map(([a, b]) => [a, b, ratio(a, b)] as const).filter(([, , r]) => r < 3)
    expect(bad).toEqual([])
  })
})

test('both themes define the same colours', () => {
  expect(Object.keys(themes.dark).sort()).toEqual(Object.keys(themes.light).sort())
})
