import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { usePageFocus } from '@/app/page-focus'
import { useDocumentTitle } from '@/app/page-title'
import { LanguageSwitch, ThemeSwitch } from '@/app/shell/switches'

interface Props {
  title: string
  text?: ReactNode
  children?: ReactNode
  /** Other ways, below the card. */
  footer?: ReactNode
}

/** One form in the middle of the page, with the switches for language and theme above it. */
export function AuthLayout({ title, text, children, footer }: Props) {
  const { t } = useTranslation('common')
  useDocumentTitle(title)
  usePageFocus()
  return (
    <div className="flex min-h-dvh flex-col bg-panel">
      <header className="flex items-center gap-1 px-3 py-2 sm:px-6">
        <span className="mr-auto flex items-center gap-2 font-semibold">
          <img src="/favicon.svg" alt="" className="size-7" />
          {t('app_name')}
        </span>
        <LanguageSwitch />
        <ThemeSwitch />
      </header>
      <main className="mx-auto flex w-full max-w-md flex-1 flex-col justify-center px-4 pt-4 pb-16">
        <div className="rounded-lg border border-line bg-raised p-5 sm:p-8">
          <h1 className="text-2xl">{title}</h1>
          {text && <div className="mt-1 text-muted text-sm">{text}</div>}
          {children && <div className="mt-5">{children}</div>}
        </div>
        {footer && <div className="mt-4 text-center text-sm">{footer}</div>}
      </main>
    </div>
  )
}

export const linkStyle = 'font-semibold text-brand underline underline-offset-2'
