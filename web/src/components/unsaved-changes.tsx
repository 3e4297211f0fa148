import { useBlocker } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { ConfirmDialog } from './ui/confirm-dialog'

/** Asks before a page with unsaved changes is left, also by closing the tab. */
export function UnsavedChanges({ dirty }: { dirty: boolean }) {
  const { t } = useTranslation('common')
  const blocker = useBlocker({
    shouldBlockFn: () => dirty,
    enableBeforeUnload: dirty,
    withResolver: true,
    disabled: !dirty,
  })
  return (
    <ConfirmDialog
      open={blocker.status === 'blocked'}
      onOpenChange={(open) => !open && blocker.reset?.()}
      title={t('unsaved_title')}
      description={t('unsaved_text')}
      cancelLabel={t('unsaved_stay')}
      confirmLabel={t('unsaved_leave')}
      onConfirm={() => blocker.proceed?.()}
    />
  )
}
