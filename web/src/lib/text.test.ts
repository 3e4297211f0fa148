import { describe, expect, test } from 'vitest'
import { cutText, graphemes, initials, linkify, safeHref } from './text'

describe('characters', () => {
  test('a Bangla letter keeps its signs', () => {
    expect(graphemes('কি')).toEqual(['কি'])
    expect(graphemes('👩‍👧x')).toEqual(['👩‍👧', 'x'])
  })

  test.each([
    ['Rahim Uddin', 'RU'],
    ['রহিম উদ্দিন', 'র'],
    ['সুমাইয়া', 'সু'],
    ['  Karim  ', 'K'],
    ['Md. Abdul Karim Khan', 'MK'],
    ['🌸 Nila', 'N'],
    ['', '?'],
    ['***', '?'],
  ])('initials of %j', (name, expected) => {
    expect(initials(name)).toBe(expected)
  })

  test('cutting never splits a character and marks the cut', () => {
    const cut = cutText('কিকিকিকিকি', 4)
    expect(cut).toBe('কিকিকি…')
    expect(cutText('short', 10)).toBe('short')
    // Ten code units, five characters: fits into five.
    expect(cutText('কিকিকিকিকি', 5)).toBe('কিকিকিকিকি')
    expect(cutText('one two three four', 15)).toBe('one two three…')
  })
})

describe('linkify', () => {
  const links = (text: string) => linkify(text).flatMap((s) => (s.kind === 'link' ? [[s.text, s.href]] : []))

  test('joins back to exactly what was written', () => {
    const text = 'দেখুন https://a.example/x?y=1। আর mail a@b.example, (http://c.example/(d)) শেষ'
    expect(
      linkify(text)
        .map((s) => s.text)
        .join(''),
    ).toBe(text)
  })

  test('the four kinds of address become links', () => {
    expect(
      links(
        'https://a.example/ http://b.example/ mailto:c@d.example tel:+8801712345678 e@f.example www.g.example',
      ),
    ).toEqual([
      ['https://a.example/', 'https://a.example/'],
      ['http://b.example/', 'http://b.example/'],
      ['mailto:c@d.example', 'mailto:c@d.example'],
      ['tel:+8801712345678', 'tel:+8801712345678'],
      ['e@f.example', 'mailto:e@f.example'],
      ['www.g.example', 'https://www.g.example/'],
    ])
  })

  test('the sentence keeps its dari, brackets and full stop', () => {
    expect(links('দাম এখানে https://a.example/p।')).toEqual([['https://a.example/p', 'https://a.example/p']])
    expect(links('(https://a.example/p).')).toEqual([['https://a.example/p', 'https://a.example/p']])
    expect(links('https://a.example/w_(b)')).toEqual([['https://a.example/w_(b)', 'https://a.example/w_(b)']])
  })

  test.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'file:///etc/passwd',
    'java\nscript:alert(1)',
    '<img src=x onerror=alert(1)>',
    'https://',
    'https://bank.example@evil.example/',
  ])('%j stays text', (text) => {
    expect(linkify(text)).toEqual([{ kind: 'text', text }])
  })

  test('safeHref refuses what is not one of the four', () => {
    expect(safeHref('javascript:alert(1)')).toBeNull()
    expect(safeHref(' https://a.example')).toBe('https://a.example/')
    expect(safeHref('/relative')).toBeNull()
  })

  test('a long run of dots does not hang', () => {
    const start = performance.now()
    linkify(`${'a.'.repeat(20_000)}@`)
    linkify('www.'.repeat(20_000))
    expect(performance.now() - start).toBeLessThan(2_000)
  })
})
