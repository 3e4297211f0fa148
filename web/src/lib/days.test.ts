import { describe, expect, it } from 'vitest'
import { isValid, lastDays, length, rangeOf, today } from './days'

describe('ranges of days', () => {
  it('takes the day from Dhaka, where it is tomorrow while London still has today', () => {
    expect(today(new Date('2026-11-22T19:00:00Z'))).toBe('2026-11-23')
    expect(today(new Date('2026-11-22T17:59:00Z'))).toBe('2026-11-22')
  })

  it('counts both ends, across months and leap days', () => {
    expect(length({ from: '2028-02-28', to: '2028-03-01' })).toBe(3)
    expect(lastDays(7, new Date('2026-03-03T06:00:00Z'))).toEqual({ from: '2026-02-25', to: '2026-03-03' })
  })

  it('refuses backward, endless and unreadable ranges', () => {
    expect(isValid({ from: '2026-02-02', to: '2026-02-01' })).toBe(false)
    expect(isValid({ from: '2026-01-01', to: '2026-04-02' })).toBe(true)
    expect(isValid({ from: '2026-01-01', to: '2026-04-03' })).toBe(false)
    expect(isValid({ from: 'x', to: '2026-04-03' })).toBe(false)
  })

  it('shows the last seven days where the address says nothing that can be shown', () => {
    const now = new Date('2026-11-23T06:00:00Z')
    expect(rangeOf({ from: '2026-12-99' }, now)).toEqual({ from: '2026-11-17', to: '2026-11-23' })
    expect(rangeOf({ from: '2026-01-01', to: '2026-01-31' }, now)).toEqual({
      from: '2026-01-01',
      to: '2026-01-31',
    })
  })
})
