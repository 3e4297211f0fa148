import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { ApiError, toApiError } from '@/api/client'
import { logIn } from '@/api/gen/sdk.gen'
import { adoptSignIn } from '@/app/session'
import { Button } from '@/components/ui/button'
import { Field } from '@/components/ui/field'
import { FormError } from '@/components/ui/form-error'
import { Input } from '@/components/ui/input'
import { PasswordInput } from '@/components/ui/password-input'
import { linkStyle } from './auth-layout'
import * as check from './checks'
import { useAuthForm } from './use-auth-form'

const checks = { email: check.email, password: check.password }

interface Props {
  /** The address is given and cannot be changed (an invitation). */
  fixedEmail?: string
  submitLabel?: string
}

/** Address and password. Whoever shows it watches the session for the result. */
export function LoginForm({ fixedEmail, submitLabel }: Props) {
  const { t } = useTranslation('auth')
  const form = useAuthForm({
    checks,
    defaultValues: { email: fixedEmail ?? '' },
    submit: async ({ email, password }) => {
      try {
        const { data } = await logIn({ body: { email: email.trim(), password }, throwOnError: true })
        adoptSignIn(data)
      } catch (error) {
        const problem = toApiError(error)
        // The same for a wrong address and a wrong password: nobody learns who has an account.
        if (problem.status !== 401) throw problem
        form.ask('password')
        throw new ApiError({ status: 401, code: 'wrong_credentials', requestId: problem.requestId })
      }
    },
  })
  return (
    <form noValidate onSubmit={form.onSubmit} className="grid gap-4">
      <Field label={t('email')} error={form.error('email')} required>
        <Input
          type="email"
          inputMode="email"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={254}
          readOnly={fixedEmail !== undefined}
          {...form.register('email')}
        />
      </Field>
      <Field
        label={t('password')}
        error={form.error('password')}
        required
        aside={
          <Link to="/forgot" className={`text-sm ${linkStyle}`}>
            {t('to_forgot')}
          </Link>
        }
      >
        <PasswordInput autoComplete="current-password" {...form.register('password')} />
      </Field>
      <FormError error={form.failure} />
      <Button type="submit" size="lg" block pending={form.pending}>
        {submitLabel ?? t('login_submit')}
      </Button>
    </form>
  )
}
