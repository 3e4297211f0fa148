import { useSyncExternalStore } from 'react'
import i18n, { type Language, switchLanguage } from '@/i18n'

/** Language and theme of this browser. The signed-in user's own choice is stored on the server and wins at sign-in. */
export type Theme = 'system' | 'light' | 'dark'

const THEME_KEY = 'banglachat.theme'
const LANGUAGE_KEY = 'banglachat.language'
const listeners = new Set<() => void>()
const systemDark = typeof matchMedia === 'undefined' ? null : matchMedia('(prefers-color-scheme: dark)')

function read(key: string) {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

function write(key: string, value: string) {
  try {
    localStorage.setItem(key, value)
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

function storedTheme(): Theme {
  const stored = read(THEME_KEY)
  return stored === 'light' || stored === 'dark' ? stored : 'system'
}

let theme: Theme = storedTheme()

function applyTheme() {
  const dark = theme === 'dark' || (theme === 'system' && systemDark?.matches)
  document.documentElement.dataset['theme'] = dark ? 'dark' : 'light'
}

systemDark?.addEventListener('change', applyTheme)

export function setTheme(next: Theme) {
  if (next === theme) return
  theme = next
  write(THEME_KEY, next)
  applyTheme()
  for (const listener of listeners) listener()
}

export function useTheme(): Theme {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => theme,
  )
}

/** Switches the whole page, and remembers it in this browser. Throws when the texts cannot be loaded. */
export async function setLanguage(language: Language) {
  await switchLanguage(language)
  write(LANGUAGE_KEY, language)
  document.documentElement.lang = language
}

export function useLanguage(): Language {
  useSyncExternalStore(
    (listener) => {
      i18n.on('languageChanged', listener)
      return () => i18n.off('languageChanged', listener)
    },
    () => i18n.language,
  )
  return i18n.language === 'en' ? 'en' : 'bn'
}

/** Takes over what the signed-in user has stored on the server. */
export function adoptPreferences(user: { theme: Theme; language: Language }) {
  setTheme(user.theme)
  setLanguage(user.language).catch(() => undefined)
}
