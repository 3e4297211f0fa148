import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import type { ReactElement } from 'react'
import { useTranslation } from 'react-i18next'
import { cn } from '@/lib/cn'
import type { DialogProps, WindowProps } from './dialog'
import { useFocusReturn } from './focus-return'
import { IconButton } from './icon-button'

/** Loaded when the first dialog opens (dialog.tsx). */
const widths = { sm: 'sm:max-w-sm', md: 'sm:max-w-lg', lg: 'sm:max-w-3xl', xl: 'sm:max-w-6xl' }

/** A window over the page; from the bottom and full width on phones. Focus returns to where it was. */
export function DialogWindow({
  open,
  onOpenChange,
  title,
  description,
  size = 'md',
  footer,
  initialFocus,
  dismissible = true,
  children,
}: WindowProps<DialogProps>) {
  const { t } = useTranslation('ui')
  const focus = useFocusReturn(initialFocus)
  const hold = dismissible ? undefined : (event: Event) => event.preventDefault()
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 animate-fade bg-scrim" />
        <Radix.Content
          {...focus}
          onEscapeKeyDown={hold}
          onInteractOutside={hold}
          {...(description ? {} : { 'aria-describedby': undefined })}
          className={cn(
            'fixed inset-x-0 bottom-0 z-50 flex max-h-[92dvh] flex-col rounded-t-lg border border-line bg-raised shadow-float max-sm:animate-from-bottom sm:inset-x-auto sm:top-1/2 sm:bottom-auto sm:left-1/2 sm:w-[calc(100%-2rem)] sm:-translate-x-1/2 sm:-translate-y-1/2 sm:animate-fade sm:rounded-lg',
            widths[size],
          )}
        >
          <div className="flex items-start justify-between gap-3 p-4 pb-2">
            <div className="min-w-0 pt-1.5">
              <Radix.Title className="break-words text-lg">{title}</Radix.Title>
              {description ? (
                <Radix.Description className="mt-1 text-muted text-sm">{description}</Radix.Description>
              ) : null}
            </div>
            {dismissible ? (
              <Radix.Close asChild>
                <IconButton label={t('close')} tooltip={false}>
                  <X aria-hidden="true" />
                </IconButton>
              </Radix.Close>
            ) : null}
          </div>
          <div className="min-h-0 flex-1 overflow-y-auto px-4 pt-1 pb-4">{children}</div>
          {footer ? (
            <div className="flex flex-col-reverse gap-2 border-t p-4 sm:flex-row sm:justify-end">
              {footer}
            </div>
          ) : null}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

export function WindowClose({ children }: { children: ReactElement }) {
  return <Radix.Close asChild>{children}</Radix.Close>
}
