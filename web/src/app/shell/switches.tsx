import { Moon, Sun } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useMediaQuery } from '@/components/ui/use-media-query'
import { cn } from '@/lib/cn'
import { setTheme, useLanguage, useTheme } from '../preferences'
import { chooseLanguage } from '../user-preferences'

export const barButton =
  'tap-square inline-flex shrink-0 items-center justify-center gap-2 rounded-md px-2 text-fg text-sm hover:bg-hover [&_svg]:size-5'

/** The other language, named in itself: who does not read this one finds it. */
export function LanguageSwitch({ className }: { className?: string }) {
  const { t } = useTranslation('common')
  const other = useLanguage() === 'bn' ? 'en' : 'bn'
  return (
    <button
      type="button"
      lang={other}
      className={cn(barButton, className)}
      onClick={() => void chooseLanguage(other)}
    >
      {t(`language_${other}`)}
    </button>
  )
}

/** Light or dark, for pages before the sign-in; the user's menu also has "as the device". */
export function ThemeSwitch() {
  const { t } = useTranslation('common')
  const theme = useTheme()
  const systemDark = useMediaQuery('(prefers-color-scheme: dark)')
  const dark = theme === 'dark' || (theme === 'system' && systemDark)
  const Icon = dark ? Sun : Moon
  return (
    <button
      type="button"
      aria-label={t(dark ? 'theme_to_light' : 'theme_to_dark')}
      title={t(dark ? 'theme_to_light' : 'theme_to_dark')}
      className={barButton}
      onClick={() => setTheme(dark ? 'light' : 'dark')}
    >
      <Icon aria-hidden="true" />
    </button>
  )
}
