import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { getInstallationOptions } from '@/api/gen/@tanstack/react-query.gen'
import { forgotPassword } from '@/api/gen/sdk.gen'
import { Alert } from '@/components/ui/alert'
import { Button } from '@/components/ui/button'
import { Field } from '@/components/ui/field'
import { FormError } from '@/components/ui/form-error'
import { Input } from '@/components/ui/input'
import { Spinner } from '@/components/ui/spinner'
import { useErrorText } from '@/lib/errors'
import { AuthLayout, linkStyle } from './auth-layout'
import * as check from './checks'
import { useAuthForm } from './use-auth-form'

const checks = { email: check.email }

/** Promises a mail only where the installation sends mail; elsewhere says who can help. */
export function ForgotPage() {
  const { t } = useTranslation(['auth', 'common'])
  const installation = useQuery(getInstallationOptions())
  const errorText = useErrorText()
  const [sentTo, setSentTo] = useState<string | null>(null)
  const form = useAuthForm({
    checks,
    submit: async (values) => {
      const body = { email: values.email.trim() }
      await forgotPassword({ body, throwOnError: true })
      setSentTo(body.email)
    },
  })
  const content = () => {
    if (installation.isPending) return <Spinner announce />
    if (installation.isError)
      return (
        <Alert
          tone="danger"
          live="assertive"
          action={
            <Button variant="secondary" size="sm" onClick={() => void installation.refetch()}>
              {t('common:try_again')}
            </Button>
          }
        >
          {errorText(installation.error)}
        </Alert>
      )
    if (!installation.data.mail) return <Alert tone="info">{t('auth:forgot_no_mail')}</Alert>
    if (sentTo)
      return (
        <Alert tone="ok" live="polite" title={t('auth:forgot_sent_title')}>
          {t('auth:forgot_sent_text', { email: sentTo })}
        </Alert>
      )
    return (
      <form noValidate onSubmit={form.onSubmit} className="grid gap-4">
        <Field label={t('auth:email')} error={form.error('email')} required>
          <Input
            type="email"
            inputMode="email"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={254}
            {...form.register('email')}
          />
        </Field>
        <FormError error={form.failure} />
        <Button type="submit" size="lg" block pending={form.pending}>
          {t('auth:forgot_submit')}
        </Button>
      </form>
    )
  }
  return (
    <AuthLayout
      title={t('auth:forgot_title')}
      text={installation.data?.mail ? t('auth:forgot_text') : undefined}
      footer={
        <Link to="/login" className={linkStyle}>
          {t('auth:back_to_login')}
        </Link>
      }
    >
      {content()}
    </AuthLayout>
  )
}
