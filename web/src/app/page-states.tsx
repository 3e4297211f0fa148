import { type ErrorComponentProps, Link, useRouter } from '@tanstack/react-router'
import { createContext, type ReactNode, use, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { toApiError } from '@/api/client'
import { Button, buttonStyle } from '@/components/ui/button'
import { useErrorText } from '@/lib/errors'
import { useSession } from './session'
import { loadNewVersion, useNewVersion } from './shell/new-version'

const PATIENCE_MS = 4000

/** Shown while a page's code or first data takes longer than a moment. */
export function PagePending() {
  const { t } = useTranslation('common')
  const { status } = useSession()
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div className="grid min-h-40 place-items-center p-8 text-center text-muted" role="status">
      {t(slow && status === 'starting' ? 'starting_slowly' : 'loading')}
    </div>
  )
}

/** Whether the shell stands around the page; without it the page brings its own <main> and title. */
export const InsideMain = createContext(false)

function PageState({ title, text, children }: { title: string; text: string; children?: ReactNode }) {
  const inside = use(InsideMain)
  const Root = inside ? 'div' : 'main'
  useEffect(() => {
    if (!inside) document.title = `${title} · BanglaChatPro`
  }, [inside, title])
  return (
    <Root className="mx-auto grid max-w-md justify-items-center gap-3 px-4 py-16 text-center">
      <h1 className="text-xl">{title}</h1>
      <p className="text-muted">{text}</p>
      {children}
    </Root>
  )
}

function ToHome() {
  const { t } = useTranslation('common')
  return (
    <Link to="/client-dashboard" className={buttonStyle({ variant: 'secondary' })}>
      {t('to_home')}
    </Link>
  )
}

/** A file of the app that did not arrive: the network broke, or a release has removed it. */
function isMissingPart(error: unknown) {
  return error instanceof Error && /dynamically imported module|module script failed/i.test(error.message)
}

/** A page that failed as a whole; what failed inside a page is told where it stands. */
export function PageError({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation('common')
  const errorText = useErrorText()
  const router = useRouter()
  const newVersion = useNewVersion()
  const missingPart = isMissingPart(error)
  const { status, requestId } = toApiError(error)
  const retry = () => {
    void router.invalidate().finally(reset)
  }
  if (status === 403) return <PageForbidden />
  return (
    <PageState
      title={t(missingPart ? 'part_missing_title' : 'page_error_title')}
      text={missingPart ? t('part_missing_text') : errorText(error)}
    >
      {requestId && (
        <p className="select-all break-all text-muted text-sm">{t('request_id', { id: requestId })}</p>
      )}
      {missingPart && newVersion ? (
        <Button onClick={loadNewVersion}>{t('load_new_version')}</Button>
      ) : (
        <Button onClick={retry}>{t('try_again')}</Button>
      )}
    </PageState>
  )
}

export function PageNotFound() {
  const { t } = useTranslation('common')
  return (
    <PageState title={t('not_found_title')} text={t('not_found_text')}>
      <ToHome />
    </PageState>
  )
}

/** What the role does not allow. */
export function PageForbidden() {
  const { t } = useTranslation('common')
  return (
    <PageState title={t('forbidden_title')} text={t('forbidden_text')}>
      <ToHome />
    </PageState>
  )
}
