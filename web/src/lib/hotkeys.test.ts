import { fireEvent, renderHook } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { registerHotkey, setHotkeysEnabled, useActiveHotkeys, useHotkey } from './hotkeys'

const off: (() => void)[] = []
const on = (keys: string, label = keys) => {
  const handler = vi.fn()
  off.push(registerHotkey({ keys, label, handler }))
  return handler
}
const press = (init: KeyboardEventInit, target: Element = document.body) =>
  fireEvent.keyDown(target, { bubbles: true, cancelable: true, ...init })

beforeEach(() => {
  document.body.innerHTML =
    '<input id="i"><input id="c" type="checkbox"><textarea id="t"></textarea><div contenteditable="true"><b id="e">x</b></div><div role="dialog"><button id="d">x</button></div>'
})
afterEach(() => {
  for (const stop of off.splice(0)) stop()
  setHotkeysEnabled(true)
})

describe('single keys', () => {
  test('work on the page and stop the browser', () => {
    const handler = on('j')
    expect(press({ key: 'j', code: 'KeyJ' })).toBe(false)
    expect(handler).toHaveBeenCalledOnce()
  })

  test.each(['#i', '#t', '#e', '#d'])('do nothing inside %s', (selector) => {
    const handler = on('j')
    const target = document.querySelector(selector)
    if (!target) throw new Error(selector)
    expect(press({ key: 'j' }, target)).toBe(true)
    expect(handler).not.toHaveBeenCalled()
  })

  test('work on a checkbox: nothing is typed there', () => {
    const handler = on('j')
    press({ key: 'j' }, document.querySelector('#c') ?? undefined)
    expect(handler).toHaveBeenCalledOnce()
  })

  test.each([
    { ctrlKey: true },
    { metaKey: true },
    { altKey: true },
    { isComposing: true },
  ])('do nothing with %j', (init) => {
    const handler = on('j')
    press({ key: 'j', ...init })
    expect(handler).not.toHaveBeenCalled()
  })

  test('are silent when switched off, Ctrl+K is not', () => {
    setHotkeysEnabled(false)
    const [single, palette] = [on('j'), on('mod+k')]
    press({ key: 'j' })
    press({ key: 'k', ctrlKey: true }, document.querySelector('#i') ?? undefined)
    expect(single).not.toHaveBeenCalled()
    expect(palette).toHaveBeenCalledOnce()
  })

  test('go by the place of the key on a Bangla layout', () => {
    const handler = on('j')
    press({ key: 'ক', code: 'KeyJ' })
    expect(handler).toHaveBeenCalledOnce()
    // A Latin layout that has another letter there means that letter.
    press({ key: 'h', code: 'KeyJ' })
    expect(handler).toHaveBeenCalledOnce()
  })

  test('? needs Shift on most layouts and works', () => {
    const handler = on('?')
    press({ key: '?', shiftKey: true })
    expect(handler).toHaveBeenCalledOnce()
  })
})

describe('registry', () => {
  test('the newest of equal keys wins, and goes away again', () => {
    const first = on('j')
    const stop = registerHotkey({ keys: 'j', label: 'second', handler: vi.fn() })
    press({ key: 'j' })
    expect(first).not.toHaveBeenCalled()
    stop()
    press({ key: 'j' })
    expect(first).toHaveBeenCalledOnce()
  })

  test('the help lists what works now', () => {
    on('mod+k', 'Palette')
    const { result: list, rerender } = renderHook(() => useActiveHotkeys())
    const { unmount } = renderHook(() => useHotkey('j', () => undefined, { label: 'Next' }))
    rerender()
    expect(list.current.map((h) => h.label)).toEqual(['Palette', 'Next'])
    setHotkeysEnabled(false)
    rerender()
    expect(list.current.map((h) => h.label)).toEqual(['Palette'])
    setHotkeysEnabled(true)
    unmount()
    rerender()
    expect(list.current.map((h) => h.label)).toEqual(['Palette'])
  })
})
