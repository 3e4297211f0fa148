import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError, toApiError } from '@/api/client'
import { resetPassword } from '@/api/gen/sdk.gen'
import { Alert } from '@/components/ui/alert'
import { Button } from '@/components/ui/button'
import { Field } from '@/components/ui/field'
import { FormError } from '@/components/ui/form-error'
import { PasswordInput } from '@/components/ui/password-input'
import { useErrorText } from '@/lib/errors'
import { AuthLayout, linkStyle } from './auth-layout'
import * as check from './checks'
import { useFragmentToken } from './fragment-token'
import { useAuthForm } from './use-auth-form'

const checks = { password: check.newPassword }
const INVALID = new ApiError({ status: 404, code: 'reset_link_invalid' })

export function ResetPage() {
  const { t } = useTranslation('auth')
  const token = useFragmentToken()
  const errorText = useErrorText()
  const [done, setDone] = useState(false)
  const form = useAuthForm({
    checks,
    submit: async ({ password }) => {
      try {
        await resetPassword({ body: { token: token ?? '', password }, throwOnError: true })
        setDone(true)
      } catch (error) {
        const problem = toApiError(error)
        const aboutToken = problem.fields.some(({ field }) => field === 'token')
        throw problem.status === 404 || problem.status === 401 || problem.status === 410 || aboutToken
          ? INVALID
          : problem
      }
    },
  })
  const askAgain = (
    <Link to="/forgot" className={linkStyle}>
      {t('reset_ask_again')}
    </Link>
  )
  if (!token)
    return (
      <AuthLayout title={t('reset_title')}>
        <Alert tone="danger" action={askAgain}>
          {errorText(INVALID)}
        </Alert>
      </AuthLayout>
    )
  if (done)
    return (
      <AuthLayout title={t('reset_done_title')}>
        <Alert
          tone="ok"
          live="polite"
          action={
            <Link to="/login" className={linkStyle}>
              {t('to_login')}
            </Link>
          }
        >
          {t('reset_done_text')}
        </Alert>
      </AuthLayout>
    )
  return (
    <AuthLayout title={t('reset_title')} text={t('reset_text')}>
      <form noValidate onSubmit={form.onSubmit} className="grid gap-4">
        <Field label={t('new_password')} hint={t('password_rule')} error={form.error('password')} required>
          <PasswordInput autoComplete="new-password" {...form.register('password')} />
        </Field>
        <FormError error={form.failure} />
        {form.failure === INVALID && <p className="text-sm">{askAgain}</p>}
        <Button type="submit" size="lg" block pending={form.pending}>
          {t('reset_submit')}
        </Button>
      </form>
    </AuthLayout>
  )
}
