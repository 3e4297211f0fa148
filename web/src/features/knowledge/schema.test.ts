import { describe, expect, it } from 'vitest'
import { entrySchema, linesOf } from './schema'

const entry = { title: '', questions: 'দাম কত?\ndam koto?', answer_bn: '৫০০ টাকা', answer_en: '' }
const wrong = (change: Partial<typeof entry>) =>
  entrySchema.safeParse({ ...entry, ...change }).error?.issues.map((issue) => issue.path.join('.')) ?? []

describe('an entry as it is written', () => {
  it('takes a line for each way to ask, and drops empty ones', () => {
    expect(linesOf('  দাম কত? \n\n dam koto?\n')).toEqual(['দাম কত?', 'dam koto?'])
  })

  it('needs one answer, in whichever language', () => {
    expect(wrong({})).toEqual([])
    expect(wrong({ answer_bn: '', answer_en: '500 taka' })).toEqual([])
    expect(wrong({ answer_bn: '   ' })).toEqual(['answer_bn'])
  })

  it('keeps the limits of the server', () => {
    expect(wrong({ questions: ' \n ' })).toEqual(['questions'])
    expect(wrong({ questions: Array(21).fill('q').join('\n') })).toEqual(['questions'])
    expect(wrong({ questions: 'q'.repeat(501) })).toEqual(['questions'])
    expect(wrong({ title: 't'.repeat(201) })).toEqual(['title'])
    expect(wrong({ answer_en: 'a'.repeat(4001) })).toEqual(['answer_en'])
  })
})
