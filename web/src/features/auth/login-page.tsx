import { getRouteApi, Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { AuthLayout, linkStyle } from './auth-layout'
import { LoginForm } from './login-form'
import { useLeaveWhenSignedIn } from './use-leave'

const route = getRouteApi('/login')

export function LoginPage() {
  const { t } = useTranslation('auth')
  const { next } = route.useSearch()
  useLeaveWhenSignedIn(next)
  return (
    <AuthLayout
      title={t('login_title')}
      text={t('login_text')}
      footer={
        <>
          {t('no_account')}{' '}
          <Link to="/register" search={{ next }} className={linkStyle}>
            {t('to_register')}
          </Link>
        </>
      }
    >
      <LoginForm />
    </AuthLayout>
  )
}
