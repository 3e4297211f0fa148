import { act, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { SearchField } from './search-field'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const type = (text: string) => fireEvent.change(screen.getByRole('searchbox'), { target: { value: text } })
const pause = () => act(() => vi.advanceTimersByTime(300))

test('tells once, a moment after the last key', () => {
  const onChange = vi.fn()
  render(<SearchField label="search" value="" onChange={onChange} />)
  type('d')
  type('da')
  expect(onChange).not.toHaveBeenCalled()
  pause()
  expect(onChange.mock.calls).toEqual([['da']])
})

test('letters typed while the answer was on its way stay', () => {
  const onChange = vi.fn()
  const { rerender } = render(<SearchField label="search" value="" onChange={onChange} />)
  type('da')
  pause()
  type('dam')
  rerender(<SearchField label="search" value="da" onChange={onChange} />)
  expect(screen.getByRole('searchbox')).toHaveValue('dam')
  pause()
  expect(onChange).toHaveBeenLastCalledWith('dam')
})

test('cleared from outside, it is empty and stays so', () => {
  const onChange = vi.fn()
  const { rerender } = render(<SearchField label="search" value="dam" onChange={onChange} />)
  rerender(<SearchField label="search" value="" onChange={onChange} />)
  expect(screen.getByRole('searchbox')).toHaveValue('')
  pause()
  expect(onChange).not.toHaveBeenCalled()
})
