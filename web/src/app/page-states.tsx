import { type ErrorComponentProps, Link, useRouter } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { toApiError } from '@/api/client'

/** Shown while a page's code or first data takes longer than a moment. */
export function PagePending() {
  const { t } = useTranslation('common')
  return (
    <div className="grid min-h-40 place-items-center p-8 text-muted" role="status">
      {t('loading')}
    </div>
  )
}

/** A page that failed as a whole; what failed inside a page is told where it stands. */
export function PageError({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation(['common', 'errors'])
  const router = useRouter()
  const { code, requestId } = toApiError(error)
  const retry = () => {
    reset()
    void router.invalidate()
  }
  return (
    <main className="mx-auto grid max-w-md gap-4 p-8 text-center">
      <h1 className="text-xl font-semibold">{t('common:page_error_title')}</h1>
      <p className="text-muted">
        {t(`errors:${code}` as 'errors:unexpected', { defaultValue: t('errors:unexpected') })}
      </p>
      {requestId && <p className="text-sm text-muted">{t('common:request_id', { id: requestId })}</p>}
      <button
        type="button"
        className="rounded-md bg-brand px-4 py-2 font-semibold text-brand-fg"
        onClick={retry}
      >
        {t('common:try_again')}
      </button>
    </main>
  )
}

export function PageNotFound() {
  const { t } = useTranslation('common')
  return (
    <main className="mx-auto grid max-w-md gap-4 p-8 text-center">
      <h1 className="text-xl font-semibold">{t('not_found_title')}</h1>
      <p className="text-muted">{t('not_found_text')}</p>
      <Link to="/client-dashboard" className="font-semibold text-brand underline">
        {t('to_home')}
      </Link>
    </main>
  )
}
