/** For tests of the components alone: the real texts of `ui`, ready at once. */
import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import bn from '@/i18n/locales/bn/ui.json'
import en from '@/i18n/locales/en/ui.json'

export async function initUiTexts(language: 'bn' | 'en' = 'en'): Promise<void> {
  if (!i18next.isInitialized) {
    await i18next.use(initReactI18next).init({
      lng: language,
      defaultNS: 'ui',
      ns: ['ui'],
      resources: { bn: { ui: bn }, en: { ui: en } },
      interpolation: { escapeValue: false },
    })
  }
  await i18next.changeLanguage(language)
}
