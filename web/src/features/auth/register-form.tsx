import { useTranslation } from 'react-i18next'
import { register } from '@/api/gen/sdk.gen'
import { useLanguage } from '@/app/preferences'
import { adoptSignIn } from '@/app/session'
import { Button } from '@/components/ui/button'
import { Field } from '@/components/ui/field'
import { FormError } from '@/components/ui/form-error'
import { Input } from '@/components/ui/input'
import { PasswordInput } from '@/components/ui/password-input'
import * as check from './checks'
import { useAuthForm } from './use-auth-form'

const checks = { name: check.personName, email: check.email, password: check.newPassword }

interface Props {
  /** The address is given and cannot be changed (an invitation). */
  fixedEmail?: string
  submitLabel?: string
}

/** A new account. Whoever shows it watches the session for the result. */
export function RegisterForm({ fixedEmail, submitLabel }: Props) {
  const { t } = useTranslation('auth')
  const language = useLanguage()
  const form = useAuthForm({
    checks,
    defaultValues: { email: fixedEmail ?? '' },
    submit: async ({ name, email, password }) => {
      const body = { name: name.trim(), email: email.trim(), password, language }
      const { data } = await register({ body, throwOnError: true })
      adoptSignIn(data)
    },
  })
  return (
    <form noValidate onSubmit={form.onSubmit} className="grid gap-4">
      <Field label={t('name')} error={form.error('name')} required>
        <Input autoComplete="name" maxLength={100} {...form.register('name')} />
      </Field>
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
      <Field label={t('password')} hint={t('password_rule')} error={form.error('password')} required>
        <PasswordInput autoComplete="new-password" {...form.register('password')} />
      </Field>
      <FormError error={form.failure} />
      <Button type="submit" size="lg" block pending={form.pending}>
        {submitLabel ?? t('register_submit')}
      </Button>
    </form>
  )
}
