import { describe, expect, test } from 'vitest'
import { createFormat, dhakaDay, normalizeDigits, parseNumber } from './format'

const bn = createFormat('bn')
const en = createFormat('en')
// 23 November 2026, 18:05 in Dhaka.
const now = new Date('2026-11-23T12:05:00Z')
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000)

describe('numbers', () => {
  test('group as in Bangladesh', () => {
    expect(bn.number(1234567)).toBe('১২,৩৪,৫৬৭')
    expect(en.number(1234567)).toBe('12,34,567')
    expect(en.number(null)).toBe('–')
    expect(bn.percent(0.345)).toBe('৩৪.৫%')
  })

  test('money has its sign first', () => {
    expect(bn.money(1250)).toBe('৳১,২৫০')
    expect(en.money(125000.5)).toBe('৳1,25,000.50')
    expect(en.money(-20)).toBe('−৳20')
    expect(en.usd(12.5)).toBe('$12.50')
    expect(en.usd(0.0123)).toBe('$0.0123')
    expect(en.usd(0.000042)).toBe('$0.000042')
    expect(bn.usd(0)).toBe('$০.০০')
  })

  test('lengths of time', () => {
    expect(bn.duration(180)).toBe('৩ মিনিট')
    expect(bn.duration(7500)).toBe('২ ঘণ্টা ৫ মিনিট')
    expect(bn.duration(0.35)).toBe('৩৫০ মিলিসেকেন্ড')
    expect(en.duration(0.35)).toBe('350 ms')
    expect(en.duration(59.7)).toBe('1 min')
    expect(en.duration(2.44)).toBe('2.4 secs')
    expect(en.duration(90_000)).toBe('1 day 1 hr')
    expect(en.duration(null)).toBe('–')
  })

  test('typed digits of both alphabets are read', () => {
    expect(normalizeDigits('০১৭১২-৩৪৫৬৭৮')).toBe('01712-345678')
    expect(normalizeDigits('٣۴')).toBe('34')
    expect(parseNumber('৳ ১,২৫০.৫০')).toBe(1250.5)
    expect(parseNumber('12a')).toBeNull()
    expect(parseNumber('')).toBeNull()
  })
})

describe('dates are Dhaka dates', () => {
  test('the part of the day comes first in Bangla', () => {
    expect(bn.time(now)).toBe('সন্ধ্যা ৬:০৫')
    expect(en.time(now)).toBe('6:05 pm')
    expect(bn.time('2026-11-23T18:05:00Z')).toMatch(/^\S+ ১২:০৫$/u)
    expect(bn.time(now)).not.toMatch(/PM/i)
  })

  test('the day turns at midnight in Dhaka, not in UTC', () => {
    expect(dhakaDay('2026-11-22T18:30:00Z')).toBe('2026-11-23')
    expect(en.date('2026-11-22T18:30:00Z')).toBe('23 November 2026')
    expect(en.dayMonth('2026-11-23')).toBe('23 Nov')
  })

  test('lists: relative, time, day, full date', () => {
    expect(bn.when(ago(180), now)).toBe('৩ মিনিট আগে')
    expect(en.when(ago(10), now)).toBe('now')
    expect(en.when(ago(59 * 60), now)).toBe('59 minutes ago')
    // 59 min 40 s rounds up to "60 minutes": it is shown as a time instead.
    expect(en.when(ago(59 * 60 + 40), now)).toBe('5:05 pm')
    expect(en.when(ago(5 * 3600), now)).toBe('1:05 pm')
    expect(bn.when(ago(3 * 86_400), now)).toBe('২০ নভে')
    expect(bn.when('2025-11-23T12:05:00Z', now)).toBe('২৩ নভেম্বর, ২০২৫')
    expect(en.when('nonsense', now)).toBe('–')
  })

  test('yesterday evening is yesterday, although it is less than a day ago', () => {
    expect(en.when(ago(20 * 3600), now)).toBe('22 Nov')
    expect(bn.dayLabel(ago(20 * 3600), now)).toBe('গতকাল')
    expect(en.dayLabel(now, now)).toBe('Today')
    expect(en.dayLabel(ago(3 * 86_400), now)).toBe('Friday')
    expect(en.dayLabel(ago(30 * 86_400), now)).toBe('24 October 2026')
  })

  test('full date and time', () => {
    expect(bn.dateTime(now)).toBe('২৩ নভেম্বর, ২০২৬, সন্ধ্যা ৬:০৫')
  })
})
