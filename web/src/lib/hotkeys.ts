/**
 * Keyboard shortcuts. A registry, so that the help dialog lists exactly what works on this screen.
 *
 * Keys: "j", "?", "/", "mod+k" (Ctrl, or Cmd on a Mac). Single keys work only outside inputs, dialogs and menus and
 * only while shortcuts are switched on; "mod+…" works everywhere and always. No Alt: Bangla keyboards type with it.
 */
import { useEffect, useRef, useSyncExternalStore } from 'react'

export type Hotkey = {
  /** "j", "?", "mod+k" */
  keys: string
  /** Translated; shown in the help. */
  label: string
  /** Translated heading under which the help lists it. */
  group?: string
  handler: (event: KeyboardEvent) => void
}

let active: readonly Hotkey[] = []
let enabled = true
const listeners = new Set<() => void>()
const notify = () => {
  for (const listener of listeners) listener()
}
const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

/** Adds a shortcut; the newest one of equal keys wins. Returns the function that takes it away. */
export function registerHotkey(hotkey: Hotkey): () => void {
  if (active.length === 0) document.addEventListener('keydown', onKeyDown)
  active = [...active, hotkey]
  notify()
  return () => {
    active = active.filter((other) => other !== hotkey)
    if (active.length === 0) document.removeEventListener('keydown', onKeyDown)
    notify()
  }
}

/** The user's setting: off silences single keys. */
export function setHotkeysEnabled(on: boolean): void {
  if (on === enabled) return
  enabled = on
  notify()
}

function hotkeysEnabled(): boolean {
  return enabled
}

function isSingle(keys: string): boolean {
  return !keys.startsWith('mod+')
}

const typingTypes = new Set([
  'checkbox',
  'radio',
  'button',
  'submit',
  'reset',
  'file',
  'range',
  'color',
  'image',
])

function isBusyTarget(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false
  if (target instanceof HTMLInputElement) return !typingTypes.has(target.type)
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true
  // jsdom has no isContentEditable: ask the attribute.
  if (target.closest('[contenteditable]:not([contenteditable="false"])')) return true
  return (
    target.closest(
      '[role="dialog"],[role="alertdialog"],[role="menu"],[role="listbox"],[role="combobox"]',
    ) !== null
  )
}

function pressed(event: KeyboardEvent, key: string): boolean {
  if (event.key.toLowerCase() === key) return true
  // With a Bangla layout the J key types "ক": go by its place on the keyboard.
  return /^[a-z]$/.test(key) && !/^[\x20-\x7e]$/.test(event.key) && event.code === `Key${key.toUpperCase()}`
}

function matches(event: KeyboardEvent, keys: string): boolean {
  if (event.altKey) return false
  const mod = event.ctrlKey || event.metaKey
  return isSingle(keys)
    ? !mod && pressed(event, keys)
    : mod && !event.shiftKey && pressed(event, keys.slice(4))
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return
  for (let at = active.length - 1; at >= 0; at -= 1) {
    const hotkey = active[at]
    if (!hotkey || !matches(event, hotkey.keys)) continue
    if (isSingle(hotkey.keys) && (!enabled || isBusyTarget(event.target))) return
    event.preventDefault()
    hotkey.handler(event)
    return
  }
}

/** Registers a shortcut while the component is mounted and `when` is not false. */
export function useHotkey(
  keys: string,
  handler: (event: KeyboardEvent) => void,
  options: { label: string; group?: string; when?: boolean },
): void {
  const latest = useRef(handler)
  useEffect(() => {
    latest.current = handler
  })
  const { label, group, when = true } = options
  useEffect(() => {
    if (!when) return
    return registerHotkey({ keys, label, group, handler: (event) => latest.current(event) })
  }, [keys, label, group, when])
}

/** What works now, newest of equal keys only, in order of registration. */
export function useActiveHotkeys(): readonly Hotkey[] {
  return useSyncExternalStore(subscribe, visibleHotkeys)
}

let shownFrom: readonly Hotkey[] = []
let shownEnabled = true
let shown: readonly Hotkey[] = []
function visibleHotkeys(): readonly Hotkey[] {
  if (shownFrom !== active || shownEnabled !== enabled) {
    shownFrom = active
    shownEnabled = enabled
    shown = active.filter(
      (hotkey, at) =>
        (enabled || !isSingle(hotkey.keys)) &&
        !active.slice(at + 1).some((later) => later.keys === hotkey.keys),
    )
  }
  return shown
}

export function useHotkeysEnabled(): boolean {
  return useSyncExternalStore(subscribe, hotkeysEnabled)
}

/** The keys as printed on the keyboard: ["Ctrl", "K"] or ["⌘", "K"]. */
export function keyNames(keys: string): string[] {
  const mac = /Mac|iPhone|iPad/.test(navigator.platform)
  const name = (key: string) => (key.length === 1 ? key.toUpperCase() : key)
  return isSingle(keys) ? [name(keys)] : [mac ? '⌘' : 'Ctrl', name(keys.slice(4))]
}
