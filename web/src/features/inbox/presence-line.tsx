import { Bot, Eye, PencilLine } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useFormat } from '@/lib/format'
import type { Others } from './presence'

/** Somebody else at the same conversation, above the composer; its place is kept so that nothing jumps. */
export function PresenceLine({ others, answering }: { others: Others; answering: boolean }) {
  const { t } = useTranslation('inbox')
  const { locale } = useFormat()
  const list = (names: string[]) => new Intl.ListFormat(locale, { type: 'conjunction' }).format(names)
  const { typing, viewing } = others
  return (
    <div role="status" className="flex min-h-6 flex-wrap items-center gap-x-3 px-3 text-muted text-sm">
      {answering && (
        <span className="inline-flex items-center gap-1.5">
          <Bot aria-hidden="true" className="size-4 text-bot" /> {t('ai_answering')}
        </span>
      )}
      {typing.length > 0 && (
        <span className="inline-flex items-center gap-1.5 text-warn">
          <PencilLine aria-hidden="true" className="size-4" />
          {typing.length === 1
            ? t('is_typing', { names: list(typing) })
            : t('are_typing', { names: list(typing) })}
        </span>
      )}
      {viewing.length > 0 && (
        <span className="inline-flex items-center gap-1.5">
          <Eye aria-hidden="true" className="size-4" />
          {viewing.length === 1
            ? t('is_viewing', { names: list(viewing) })
            : t('are_viewing', { names: list(viewing) })}
        </span>
      )}
    </div>
  )
}
