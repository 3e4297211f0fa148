import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'

export const LANGUAGES = ['bn', 'en'] as const
export type Language = (typeof LANGUAGES)[number]

/** One namespace per feature, loaded with its route; `common`, `ui` and `errors` are needed everywhere. */
export const NAMESPACES = [
  'common',
  'ui',
  'errors',
  'shell',
  'auth',
  'home',
  'onboarding',
  'inbox',
  'failures',
  'agents',
  'playground',
  'knowledge',
  'channels',
  'analytics',
  'team',
  'settings',
  'profile',
  'admin',
] as const
export type Namespace = (typeof NAMESPACES)[number]

const files = import.meta.glob<{ default: Record<string, unknown> }>('./locales/*/*.json')

async function load(language: string, namespace: string) {
  const file = files[`./locales/${language}/${namespace}.json`]
  if (!file) throw new Error(`no text for ${language}/${namespace}`)
  return (await file()).default
}

void i18next
  .use({
    type: 'backend' as const,
    init: () => undefined,
    read: (
      language: string,
      namespace: string,
      done: (error: unknown, data: Record<string, unknown> | false) => void,
    ) => {
      load(language, namespace).then(
        (data) => done(null, data),
        (error) => done(error, false),
      )
    },
  })
  .use(initReactI18next)
  .init({
    lng: document.documentElement.lang === 'en' ? 'en' : 'bn',
    supportedLngs: LANGUAGES,
    fallbackLng: false,
    defaultNS: 'common',
    ns: ['common', 'ui', 'errors'],
    partialBundledLanguages: true,
    returnNull: false,
    interpolation: { escapeValue: false },
    react: { useSuspense: true },
  })

/**
 * Not by i18next's own loading: that swallows what fails and never asks again, and the page would show keys. Here the page
 * fails as a whole, and "try again" loads what is missing.
 */
async function ensure(language: string, namespaces: readonly string[]) {
  await Promise.all(
    namespaces
      .filter((namespace) => !i18next.hasResourceBundle(language, namespace))
      .map(async (namespace) => {
        i18next.addResourceBundle(language, namespace, await load(language, namespace))
      }),
  )
}

/** For route loaders: the texts arrive together with the code. */
export async function loadTexts(...namespaces: Namespace[]) {
  await ensure(i18next.language, namespaces)
}

/** Switches once every text on screen is there in the other language; throws, and switches nothing, without. */
export async function switchLanguage(language: Language) {
  if (i18next.language === language) return
  await ensure(language, Object.keys(i18next.getDataByLanguage(i18next.language) ?? {}))
  await i18next.changeLanguage(language)
}

export default i18next
