/**
 * The only place that turns numbers and dates into text. Times are Asia/Dhaka whatever the device says,
 * Bangla gets Bangla digits (১২,৩৪,৫৬৭) and the part of the day first (সন্ধ্যা ৬:০৫).
 * Ids, phone numbers, codes and what people copy do not pass through here: they stay in Latin digits.
 */
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

export type Language = 'bn' | 'en'
export type DateInput = Date | string | number
const ZONE = 'Asia/Dhaka'
/** Shown for a missing number and for an unreadable date. */
const NONE = '–'

export function toDate(input: DateInput): Date {
  return input instanceof Date ? input : new Date(input)
}

function isBad(date: Date): boolean {
  return Number.isNaN(date.getTime())
}

/** ০-৯ and Arabic-Indic digits become 0-9; everything else stays. For inputs before they are read. */
export function normalizeDigits(text: string): string {
  return text.replace(/[০-৯٠-٩۰-۹]/gu, (digit) => {
    const code = digit.charCodeAt(0)
    const zero = code >= 0x09e6 ? 0x09e6 : code >= 0x06f0 ? 0x06f0 : 0x0660
    return String(code - zero)
  })
}

/** The number a person typed ("১,২৫০.৫০", "৳ 1,250"), or null when it is not one. */
export function parseNumber(text: string): number | null {
  const plain = normalizeDigits(text).replace(/[\s,৳$%\u00a0\u202f]/gu, '')
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(plain)) return null
  return Number(plain)
}

/** YYYY-MM-DD of that moment in Dhaka; what the API's day parameters want. */
export function dhakaDay(input: DateInput): string {
  return dayFormat.format(toDate(input))
}
const dayFormat = new Intl.DateTimeFormat('en-CA', {
  timeZone: ZONE,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
})

/** A plain day ("2026-11-23") is noon in Dhaka, so that no zone moves it to its neighbour. */
function dayOrDate(input: DateInput): Date {
  return typeof input === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(input)
    ? new Date(`${input}T12:00:00+06:00`)
    : toDate(input)
}

export type Format = ReturnType<typeof createFormat>

export function createFormat(language: Language) {
  const locale = language === 'bn' ? 'bn-BD' : 'en-IN'
  const numbers = new Map<string, Intl.NumberFormat>()
  const dates = new Map<string, Intl.DateTimeFormat>()

  const numberFormat = (options: Intl.NumberFormatOptions) => {
    const key = JSON.stringify(options)
    let found = numbers.get(key)
    if (!found) {
      found = new Intl.NumberFormat(locale, options)
      numbers.set(key, found)
    }
    return found
  }
  const dateFormat = (options: Intl.DateTimeFormatOptions) => {
    const key = JSON.stringify(options)
    let found = dates.get(key)
    if (!found) {
      found = new Intl.DateTimeFormat(locale, { timeZone: ZONE, ...options })
      dates.set(key, found)
    }
    return found
  }
  const relativeFormat = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })

  /** 12,34,567 / ১২,৩৪,৫৬৭; at most two decimals unless told. */
  const number = (value: number | null | undefined, maximumFractionDigits = 2): string =>
    value === null || value === undefined || !Number.isFinite(value)
      ? NONE
      : numberFormat({ maximumFractionDigits }).format(value)

  /** A share of one: 0.345 is 34.5%. */
  const percent = (share: number | null | undefined, maximumFractionDigits = 1): string =>
    share === null || share === undefined || !Number.isFinite(share)
      ? NONE
      : `${numberFormat({ maximumFractionDigits }).format(share * 100)}%`

  const amount = (sign: string, value: number, least: number, most: number): string => {
    const text = numberFormat({ minimumFractionDigits: least, maximumFractionDigits: most }).format(
      Math.abs(value),
    )
    return `${value < 0 ? '−' : ''}${sign}${text}`
  }

  /** Taka, sign first in both languages; whole amounts without poisha. */
  const money = (taka: number | null | undefined): string => {
    if (taka === null || taka === undefined || !Number.isFinite(taka)) return NONE
    return amount('৳', taka, Number.isInteger(taka) ? 0 : 2, 2)
  }

  /** What a model costs: dollars with two decimals, and up to four significant ones for fractions of a cent. */
  const usd = (dollars: number | null | undefined): string => {
    if (dollars === null || dollars === undefined || !Number.isFinite(dollars)) return NONE
    const size = Math.abs(dollars)
    if (size === 0 || size >= 0.1) return amount('$', dollars, 2, 2)
    return amount('$', dollars, 2, size >= 0.001 ? 4 : 6)
  }

  const unit = (value: number, name: string, maximumFractionDigits = 0): string =>
    numberFormat({
      style: 'unit',
      unit: name,
      // "৩ ঘণ্টা" is short already, and some short units stay Latin ("ms") in Bangla.
      unitDisplay: language === 'bn' ? 'long' : 'short',
      maximumFractionDigits,
    }).format(value)

  /** The two largest parts of a length of time, in seconds: "৩ মিনিট", "২ ঘণ্টা ৫ মিনিট", "350 ms". */
  const duration = (seconds: number | null | undefined): string => {
    if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return NONE
    const total = Math.max(0, seconds)
    if (total > 0 && total < 1) return unit(Math.round(total * 1000), 'millisecond')
    if (total < 10) return unit(total, 'second', 1)
    const whole = Math.round(total)
    if (whole < 60) return unit(whole, 'second')
    const steps: [string, number, string, number][] = [
      ['day', 86_400, 'hour', 3_600],
      ['hour', 3_600, 'minute', 60],
      ['minute', 60, 'second', 1],
    ]
    for (const [big, bigSize, small, smallSize] of steps) {
      if (whole < bigSize) continue
      const first = Math.floor(whole / bigSize)
      const rest = Math.floor((whole - first * bigSize) / smallSize)
      return rest === 0 ? unit(first, big) : `${unit(first, big)} ${unit(rest, small)}`
    }
    return unit(whole, 'second')
  }

  /** Bytes as KB or MB. */
  const bytes = (size: number | null | undefined): string => {
    if (size === null || size === undefined || !Number.isFinite(size)) return NONE
    if (size < 1_000) return `${number(size, 0)} B`
    if (size < 1_000_000) return `${number(size / 1_000, 0)} KB`
    return `${number(size / 1_000_000, 1)} MB`
  }

  /** "সন্ধ্যা ৬:০৫", "6:05 pm". */
  const time = (input: DateInput): string => {
    const date = toDate(input)
    if (isBad(date)) return NONE
    const parts = dateFormat({
      hour: 'numeric',
      minute: '2-digit',
      hourCycle: 'h12',
      ...(language === 'bn' ? { dayPeriod: 'short' } : {}),
    }).formatToParts(date)
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((p) => p.type === type)?.value ?? ''
    const clock = `${part('hour')}:${part('minute')}`
    const period = part('dayPeriod')
    return language === 'bn' ? `${period} ${clock}`.trim() : `${clock} ${period}`.trim()
  }

  /** "২৩ নভে", "23 Nov". */
  const dayMonth = (input: DateInput): string => {
    const date = dayOrDate(input)
    return isBad(date) ? NONE : dateFormat({ day: 'numeric', month: 'short' }).format(date)
  }

  /** "২৩ নভেম্বর, ২০২৬", "23 November 2026". */
  const date = (input: DateInput): string => {
    const value = dayOrDate(input)
    return isBad(value) ? NONE : dateFormat({ day: 'numeric', month: 'long', year: 'numeric' }).format(value)
  }

  /** "সোমবার", "Monday". */
  const weekday = (input: DateInput, width: 'long' | 'short' = 'long'): string => {
    const value = dayOrDate(input)
    return isBad(value) ? NONE : dateFormat({ weekday: width }).format(value)
  }

  /** Date and time, for tooltips and logs. */
  const dateTime = (input: DateInput): string => {
    const value = toDate(input)
    return isBad(value) ? NONE : `${date(value)}, ${time(value)}`
  }

  /** "৩ মিনিট আগে", "in 5 min"; the largest unit that fits. */
  const relative = (input: DateInput, now: DateInput = Date.now()): string => {
    const value = toDate(input)
    if (isBad(value)) return NONE
    const seconds = (value.getTime() - toDate(now).getTime()) / 1000
    const size = Math.abs(seconds)
    // Clocks of server and device differ by a little: the last moments are "now".
    if (size < 45) return relativeFormat.format(0, 'second')
    if (size < 3_570) return relativeFormat.format(Math.round(seconds / 60), 'minute')
    if (size < 86_400) return relativeFormat.format(Math.round(seconds / 3_600), 'hour')
    return relativeFormat.format(Math.round(seconds / 86_400), 'day')
  }

  /** For lists: under an hour relative, today the time, this year day and month, else the full date. */
  const when = (input: DateInput, now: DateInput = Date.now()): string => {
    const value = toDate(input)
    if (isBad(value)) return NONE
    const current = toDate(now)
    if (Math.abs(current.getTime() - value.getTime()) < 3_570_000) return relative(value, current)
    const [day, today] = [dhakaDay(value), dhakaDay(current)]
    if (day === today) return time(value)
    if (day.slice(0, 4) === today.slice(0, 4)) return dayMonth(value)
    return date(value)
  }

  /** For day separators: আজ, গতকাল, weekday within a week, otherwise the date. */
  const dayLabel = (input: DateInput, now: DateInput = Date.now()): string => {
    const value = dayOrDate(input)
    if (isBad(value)) return NONE
    const start = (day: string) => Date.parse(`${day}T00:00:00+06:00`)
    const days = Math.round((start(dhakaDay(value)) - start(dhakaDay(now))) / 86_400_000)
    if (days === 0 || days === -1 || days === 1) {
      const text = relativeFormat.format(days, 'day')
      return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1)
    }
    if (days < 0 && days > -7) return weekday(value)
    return date(value)
  }

  return {
    language,
    locale,
    number,
    percent,
    money,
    usd,
    duration,
    bytes,
    time,
    date,
    dayMonth,
    weekday,
    dateTime,
    relative,
    when,
    dayLabel,
  }
}

const made = new Map<Language, Format>()

/** The formatters of a language; anything that is not Bangla is English. */
function formatFor(language: string | undefined): Format {
  const key: Language = language?.startsWith('bn') ? 'bn' : 'en'
  let found = made.get(key)
  if (!found) {
    found = createFormat(key)
    made.set(key, found)
  }
  return found
}

/** The formatters of the language on screen. */
export function useFormat(): Format {
  const { i18n } = useTranslation('ui')
  const language = i18n.resolvedLanguage ?? i18n.language
  return useMemo(() => formatFor(language), [language])
}
