import { useTranslation } from 'react-i18next'
import * as z from 'zod/mini'
import { updateMe } from '@/api/gen/sdk.gen'
import { adoptUser, useUser } from '@/app/session'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Field } from '@/components/ui/field'
import { FormError } from '@/components/ui/form-error'
import { Input } from '@/components/ui/input'
import { toast } from '@/components/ui/toast'
import { UnsavedGuard } from '@/components/unsaved-guard'
import { useServerForm } from '@/lib/server-form'

const schema = z.object({
  name: z.string().check(z.trim(), z.minLength(1, 'blank'), z.maxLength(100, 'name_length')),
})

export function NameCard() {
  const { t } = useTranslation(['profile', 'common'])
  const user = useUser()
  const form = useServerForm({
    schema,
    defaultValues: { name: user.name },
    submit: async (body) => {
      const { data } = await updateMe({ body, throwOnError: true })
      adoptUser(data)
      form.reset({ name: data.name })
      toast.success(t('common:saved'))
    },
  })
  return (
    <Card title={t('profile:who_title')}>
      <form noValidate onSubmit={form.onSubmit} className="grid max-w-md gap-4">
        <Field label={t('profile:name')} hint={t('profile:name_hint')} error={form.error('name')} required>
          <Input autoComplete="name" maxLength={100} {...form.register('name')} />
        </Field>
        <div className="text-sm">
          <p className="font-semibold">{t('profile:email')}</p>
          <p className="break-all">{user.email}</p>
        </div>
        <FormError error={form.failure} />
        <div>
          <Button type="submit" pending={form.pending}>
            {t('common:save')}
          </Button>
        </div>
      </form>
      <UnsavedGuard when={form.dirty && !form.pending} />
    </Card>
  )
}
