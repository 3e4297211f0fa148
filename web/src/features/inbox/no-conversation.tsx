import { MessagesSquare } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { EmptyState } from '@/components/ui/empty-state'
import { Kbd } from '@/components/ui/kbd'
import { useHotkeysEnabled } from '@/lib/hotkeys'

const HINTS = [
  ['j', 'next'],
  ['k', 'previous'],
  ['t', 'take_over'],
  ['r', 'reply'],
  ['n', 'note'],
  ['e', 'close'],
  ['/', 'search'],
] as const

/** Beside the list while nothing is open. */
export function NoConversation() {
  const { t } = useTranslation('inbox')
  const enabled = useHotkeysEnabled()
  return (
    <EmptyState
      icon={<MessagesSquare />}
      title={t('pick_title')}
      text={enabled ? t('pick_text') : undefined}
      action={
        enabled ? (
          <dl className="grid grid-cols-[auto_1fr] items-center gap-x-3 gap-y-2 text-left text-sm">
            {HINTS.map(([keys, label]) => (
              <div key={keys} className="contents">
                <dt>
                  <Kbd keys={keys} />
                </dt>
                <dd>{t(`keys.${label}`)}</dd>
              </div>
            ))}
          </dl>
        ) : undefined
      }
    />
  )
}
