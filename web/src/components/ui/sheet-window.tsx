import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import { useTranslation } from 'react-i18next'
import { cn } from '@/lib/cn'
import type { WindowProps } from './dialog'
import { useFocusReturn } from './focus-return'
import { IconButton } from './icon-button'
import type { SheetProps } from './sheet'

const sides = {
  right: 'inset-y-0 right-0 w-full max-w-md animate-from-right border-l',
  left: 'inset-y-0 left-0 w-[85%] max-w-xs animate-from-left border-r',
  bottom: 'inset-x-0 bottom-0 max-h-[85dvh] animate-from-bottom rounded-t-lg border-t',
}

/** A panel from the edge: contact panel on small screens, navigation, filters. */
export function SheetWindow({
  open,
  onOpenChange,
  side = 'right',
  title,
  hideTitle,
  description,
  footer,
  children,
}: WindowProps<SheetProps>) {
  const { t } = useTranslation('ui')
  const focus = useFocusReturn()
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 animate-fade bg-scrim" />
        <Radix.Content
          {...focus}
          {...(description ? {} : { 'aria-describedby': undefined })}
          className={cn('fixed z-50 flex flex-col border-line bg-raised shadow-float', sides[side])}
        >
          <div className="flex items-start justify-between gap-3 p-4 pb-2">
            <div className={hideTitle ? 'sr-only' : 'min-w-0 pt-1.5'}>
              <Radix.Title className="break-words text-lg">{title}</Radix.Title>
              {description ? (
                <Radix.Description className="mt-1 text-muted text-sm">{description}</Radix.Description>
              ) : null}
            </div>
            <Radix.Close asChild>
              <IconButton label={t('close')} tooltip={false} className="ml-auto">
                <X aria-hidden="true" />
              </IconButton>
            </Radix.Close>
          </div>
          <div className="min-h-0 flex-1 overflow-y-auto px-4 pb-4">{children}</div>
          {footer ? <div className="flex flex-wrap justify-end gap-2 border-t p-4">{footer}</div> : null}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
