import { Link } from '@tanstack/react-router'
import { useCallback, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { signOut } from '@/app/session'
import { Alert } from '@/components/ui/alert'
import { Button } from '@/components/ui/button'
import { Spinner } from '@/components/ui/spinner'
import { AuthLayout, linkStyle } from './auth-layout'

export function LogoutPage() {
  const { t } = useTranslation(['auth', 'common'])
  const [state, setState] = useState<'pending' | 'done' | 'unconfirmed'>('pending')
  const leave = useCallback(async () => {
    setState('pending')
    setState((await signOut()) ? 'done' : 'unconfirmed')
  }, [])
  useEffect(() => void leave(), [leave])
  const again = (
    <Link to="/login" className={linkStyle}>
      {t('auth:to_login')}
    </Link>
  )
  if (state === 'pending')
    return (
      <AuthLayout title={t('auth:logout_pending')}>
        <Spinner announce />
      </AuthLayout>
    )
  if (state === 'unconfirmed')
    return (
      <AuthLayout title={t('auth:logout_title')} footer={again}>
        <Alert
          tone="warn"
          live="assertive"
          action={
            <Button variant="secondary" size="sm" onClick={() => void leave()}>
              {t('common:try_again')}
            </Button>
          }
        >
          {t('auth:logout_unconfirmed')}
        </Alert>
      </AuthLayout>
    )
  return (
    <AuthLayout title={t('auth:logout_title')} footer={again}>
      <Alert tone="ok" live="polite">
        {t('auth:logout_text')}
      </Alert>
    </AuthLayout>
  )
}
