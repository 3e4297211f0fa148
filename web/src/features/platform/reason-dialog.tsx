import { useTranslation } from 'react-i18next'
import { ActionError } from '@/components/api-error'
import { Button } from '@/components/ui/button'
import { ConfirmDialog } from '@/components/ui/confirm-dialog'

interface Props {
  /** Name of the button, and of the deed in the dialog. */
  label: string
  title: string
  text: string
  tone?: 'danger' | 'primary'
  error: unknown
  /** Gets the reason; stays open when it fails. */
  onConfirm(reason: string): Promise<unknown>
}

/** A button whose deed needs a reason. */
export function ReasonDialog({ label, title, text, tone, error, onConfirm }: Props) {
  const { t } = useTranslation('admin')
  return (
    <ConfirmDialog
      trigger={
        <Button variant="secondary" size="sm">
          {label}
        </Button>
      }
      title={title}
      description={text}
      confirmLabel={label}
      tone={tone ?? 'primary'}
      reason={{
        label: t('reason'),
        hint: t('reason_hint'),
        minLength: 3,
        maxLength: 500,
        required: t('reason_hint'),
      }}
      onConfirm={onConfirm}
      error={error ? <ActionError error={error} /> : undefined}
    />
  )
}
