import { useTranslation } from 'react-i18next'
import * as z from 'zod/mini'
import { register } from '@/api/gen/sdk.gen'
import { useLanguage } from '@/app/preferences'
import { adoptSignIn } from '@/app/session'
import { Button } from '@/components/ui/button'
import { Field } from '@/components/ui/field'
import { FormError } from '@/components/ui/form-error'
import { Input } from '@/components/ui/input'
import { PasswordInput } from '@/components/ui/password-input'
import { useServerForm } from '@/lib/server-form'
import * as fields from './schema'

const schema = z.object({ name: fields.personName, email: fields.email, password: fields.newPassword })

interface Props {
  /** The address is given and cannot be changed (an invitation). */
  fixedEmail?: string
  submitLabel?: string
}

/** A new account. Whoever shows it watches the session for the result. */
export function RegisterForm({ fixedEmail, submitLabel }: Props) {
  const { t } = useTranslation('auth')
  const language = useLanguage()
  const form = useServerForm({
    schema,
    defaultValues: { name: '', email: fixedEmail ?? '', password: '' },
    submit: async (values) => {
      const { data } = await register({ body: { ...values, language }, throwOnError: true })
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
