import { useBlocker } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { ConfirmDialog, confirmWindow } from './ui/confirm-dialog'

/** Asks before a page with unsaved changes is left, within the app and by closing the tab. */
export function UnsavedGuard({ when }: { when: boolean }) {
  const { t } = useTranslation('common')
  const blocker = useBlocker({
    // A change of the address on the same page (a tab, a filter) loses nothing.
    shouldBlockFn: ({ current, next }) => when && current.pathname !== next.pathname,
    enableBeforeUnload: () => when,
    withResolver: true,
  })
  // Loaded before it is needed: the network may be gone by then.
  useEffect(() => {
    if (when) void confirmWindow.load().catch(() => undefined)
  }, [when])
  return (
    <ConfirmDialog
      open={blocker.status === 'blocked'}
      onOpenChange={(open) => !open && blocker.reset?.()}
      title={t('unsaved_title')}
      description={t('unsaved_text')}
      confirmLabel={t('unsaved_leave')}
      cancelLabel={t('unsaved_stay')}
      onConfirm={() => blocker.proceed?.()}
    />
  )
}
