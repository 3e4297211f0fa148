import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import * as z from 'zod/mini'
import { createOrganization } from '@/api/gen/sdk.gen'
import { chooseOrganization, organizationsOptions } from '@/app/organization'
import { Button } from '@/components/ui/button'
import { Field } from '@/components/ui/field'
import { FormError } from '@/components/ui/form-error'
import { Input } from '@/components/ui/input'
import { useServerForm } from '@/lib/server-form'

const schema = z.object({
  name: z.string().check(z.trim(), z.minLength(1, 'blank'), z.maxLength(100, 'name_length')),
})

/** For people who belong to no organization yet, in the place of every page that needs one. */
export default function CreateOrganization() {
  const { t } = useTranslation('onboarding')
  const queryClient = useQueryClient()
  const form = useServerForm({
    schema,
    defaultValues: { name: '' },
    submit: async (body) => {
      const { data } = await createOrganization({ body, throwOnError: true })
      chooseOrganization(data.id)
      await queryClient.invalidateQueries({ queryKey: organizationsOptions.queryKey })
    },
  })
  return (
    <div className="mx-auto w-full max-w-md px-4 py-10">
      <h1 className="text-2xl">{t('create_title')}</h1>
      <p className="mt-1 text-muted">{t('create_text')}</p>
      <form noValidate onSubmit={form.onSubmit} className="mt-6 grid gap-4">
        <Field label={t('create_name')} hint={t('create_name_hint')} error={form.error('name')} required>
          <Input autoComplete="organization" maxLength={100} {...form.register('name')} />
        </Field>
        <FormError error={form.failure} />
        <Button type="submit" size="lg" block pending={form.pending}>
          {t('create_submit')}
        </Button>
      </form>
    </div>
  )
}
