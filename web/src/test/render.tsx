import type { ReactNode } from 'react'
import { setLanguage } from '@/app/preferences'
import i18n, { loadTexts, type Namespace } from '@/i18n'
import { mount } from './mount'

interface Options {
  /** Path with search that the page stands at. */
  at?: string
  language?: 'bn' | 'en'
  texts?: Namespace[]
}

/** A page outside of the signed-in app, as its route shows it; other paths are blank. */
export async function renderPage(
  page: () => ReactNode,
  { at = '/', language = 'en', texts = [] }: Options = {},
) {
  await loadTexts('common', 'ui', 'errors', ...texts)
  await setLanguage(language)
  const [route = '/'] = at.split('?')
  return { ...(await mount(page, { route, at })), t: i18n.t }
}
