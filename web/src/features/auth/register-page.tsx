import { getRouteApi, Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { AuthLayout, linkStyle } from './auth-layout'
import { RegisterForm } from './register-form'
import { useLeaveWhenSignedIn } from './use-leave'

const route = getRouteApi('/register')

export function RegisterPage() {
  const { t } = useTranslation('auth')
  const { next } = route.useSearch()
  useLeaveWhenSignedIn(next)
  return (
    <AuthLayout
      title={t('register_title')}
      text={t('register_text')}
      footer={
        <>
          {t('has_account')}{' '}
          <Link to="/login" search={{ next }} className={linkStyle}>
            {t('to_login')}
          </Link>
        </>
      }
    >
      <RegisterForm />
    </AuthLayout>
  )
}
