import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { Toaster as Sonner } from 'sonner'
import { buttonStyle } from './button'
import { toasterState } from './toast'

/** sonner in our look. Loaded by <Toaster />, not used directly. */
export default function ToasterView() {
  const { t } = useTranslation('ui')
  useEffect(() => toasterState.ready(), [])
  return (
    <Sonner
      position="bottom-center"
      containerAriaLabel={t('notifications')}
      icons={{
        success: <CircleCheck aria-hidden="true" className="size-5 text-ok" />,
        error: <CircleAlert aria-hidden="true" className="size-5 text-danger" />,
        info: <Info aria-hidden="true" className="size-5 text-info" />,
        warning: <TriangleAlert aria-hidden="true" className="size-5 text-warn" />,
      }}
      toastOptions={{
        unstyled: true,
        closeButtonAriaLabel: t('close'),
        classNames: {
          toast:
            'flex w-full items-center gap-3 rounded-lg border border-line bg-raised p-3 text-sm text-fg shadow-float',
          content: 'min-w-0 flex-1',
          title: 'break-words',
          description: 'break-words text-muted',
          actionButton: buttonStyle({ variant: 'secondary', size: 'sm' }),
        },
      }}
    />
  )
}
