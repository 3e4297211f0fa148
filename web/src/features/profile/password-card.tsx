import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import * as z from 'zod/mini'
import { listMySessionsQueryKey } from '@/api/gen/@tanstack/react-query.gen'
import { changePassword } from '@/api/gen/sdk.gen'
import { adoptSignIn, useUser } from '@/app/session'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Field } from '@/components/ui/field'
import { FormError } from '@/components/ui/form-error'
import { PasswordInput } from '@/components/ui/password-input'
import { toast } from '@/components/ui/toast'
import { useServerForm } from '@/lib/server-form'

const schema = z.object({
  current_password: z.string().check(z.minLength(1, 'blank')),
  new_password: z.string().check(
    z.minLength(1, 'blank'),
    z.refine((text) => {
      const length = Array.from(text).length
      return length >= 12 && length <= 128
    }, 'password_length'),
  ),
})
const EMPTY = { current_password: '', new_password: '' }

export function PasswordCard() {
  const { t } = useTranslation('profile')
  const user = useUser()
  const queryClient = useQueryClient()
  const form = useServerForm({
    schema,
    defaultValues: EMPTY,
    submit: async (body) => {
      const { data } = await changePassword({ body, throwOnError: true })
      adoptSignIn(data)
      form.reset(EMPTY)
      toast.success(t('password_saved'))
      await queryClient.invalidateQueries({ queryKey: listMySessionsQueryKey() })
    },
  })
  return (
    <Card title={t('password_title')} description={t('password_text')}>
      <form noValidate onSubmit={form.onSubmit} className="grid max-w-md gap-4">
        {/* For password managers: whose password this is. */}
        <input type="hidden" autoComplete="username" value={user.email} readOnly />
        <Field label={t('current_password')} error={form.error('current_password')} required>
          <PasswordInput autoComplete="current-password" {...form.register('current_password')} />
        </Field>
        <Field
          label={t('new_password')}
          hint={t('password_rule')}
          error={form.error('new_password')}
          required
        >
          <PasswordInput autoComplete="new-password" {...form.register('new_password')} />
        </Field>
        <FormError error={form.failure} />
        <div>
          <Button type="submit" pending={form.pending}>
            {t('password_submit')}
          </Button>
        </div>
      </form>
    </Card>
  )
}
