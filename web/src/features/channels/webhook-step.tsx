import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { listPlatformAppsQueryKey, renewVerifyTokenMutation } from '@/api/gen/@tanstack/react-query.gen'
import type { PlatformAppView } from '@/api/gen/types.gen'
import { anyOf } from '@/api/pages'
import { useOrganization } from '@/app/organization'
import { ActionError } from '@/components/api-error'
import { Alert } from '@/components/ui/alert'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { ConfirmDialog } from '@/components/ui/confirm-dialog'
import { CopyButton } from '@/components/ui/copy-button'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { Spinner } from '@/components/ui/spinner'
import { Time } from '@/components/ui/time'
import { type Platform, WEBHOOK_FIELDS } from './platforms'

/** What to paste into Meta's dashboard, and whether Meta has called back; the latter changes by itself. */
export function WebhookStep({ app, platform }: { app: PlatformAppView; platform: Platform }) {
  const { t } = useTranslation('channels')
  return (
    <Card title={t('step_webhook')} description={t('step_webhook_text')}>
      <div className="grid gap-4">
        <Copied label={t('webhook_url')} copy={t('copy_url')} value={app.webhook_url} />
        <Copied label={t('verify_token')} copy={t('copy_token')} value={app.verify_token} />
        <div>
          <h3 className="text-sm">{t('fields')}</h3>
          <ul className="mt-1 flex flex-wrap gap-2">
            {WEBHOOK_FIELDS[platform].map((field) => (
              <li key={field} className="rounded-md bg-panel px-2 py-1 text-sm">
                <code>{field}</code>
              </li>
            ))}
          </ul>
        </div>
        <Handshake at={app.handshake_at} />
        <div>
          <RenewToken platform={platform} />
        </div>
      </div>
    </Card>
  )
}

function Copied({ label, copy, value }: { label: string; copy: string; value: string }) {
  return (
    <div className="flex items-end gap-2">
      <Field label={label} className="min-w-0 flex-1">
        <Input readOnly value={value} onFocus={(event) => event.target.select()} />
      </Field>
      <CopyButton iconOnly value={value} label={copy} />
    </div>
  )
}

function Handshake({ at }: { at: string | null | undefined }) {
  const { t } = useTranslation('channels')
  if (at) {
    return (
      <Alert tone="ok" live="polite" title={t('handshake_received')}>
        <Time value={at} as="dateTime" />
      </Alert>
    )
  }
  return (
    <div
      role="status"
      className="flex items-start gap-3 rounded-md border border-info bg-info-soft p-3 text-sm"
    >
      <Spinner />
      <div>
        <p className="font-semibold">{t('handshake_waiting')}</p>
        <p>{t('handshake_waiting_text')}</p>
      </div>
    </div>
  )
}

function RenewToken({ platform }: { platform: Platform }) {
  const { t } = useTranslation('channels')
  const organization = useOrganization()
  const queryClient = useQueryClient()
  const path = { organization_id: organization.id }
  const renew = useMutation({
    ...renewVerifyTokenMutation(),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: anyOf(listPlatformAppsQueryKey({ path })) }),
  })
  return (
    <ConfirmDialog
      trigger={
        <Button variant="ghost" size="sm">
          {t('renew_token')}
        </Button>
      }
      tone="primary"
      title={t('renew_title')}
      description={t('renew_text')}
      confirmLabel={t('renew_token')}
      onConfirm={() => renew.mutateAsync({ path: { ...path, platform } })}
      error={renew.error ? <ActionError error={renew.error} /> : undefined}
    />
  )
}
