import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { getInboundEventOptions } from '@/api/gen/@tanstack/react-query.gen'
import type { InboundEventView } from '@/api/gen/types.gen'
import { useOrganization } from '@/app/organization'
import { QueryError } from '@/components/api-error'
import { CopyButton } from '@/components/ui/copy-button'
import { Dialog } from '@/components/ui/dialog'
import { SkeletonLines } from '@/components/ui/skeleton'

/** Indented for reading; what cannot be read as JSON stands as it came. */
function pretty(raw: string) {
  try {
    return JSON.stringify(JSON.parse(raw), null, 2)
  } catch {
    return raw
  }
}

/** An event as the platform sent it; as text, whatever it holds. */
export default function RawDialog({ event, onClose }: { event: InboundEventView; onClose: () => void }) {
  const { t } = useTranslation('channels')
  const organization = useOrganization()
  const full = useQuery(
    getInboundEventOptions({ path: { organization_id: organization.id, event_id: event.id } }),
  )
  const raw = full.data?.raw ?? ''
  return (
    <Dialog
      open
      size="lg"
      onOpenChange={(open) => !open && onClose()}
      title={t('event_raw_title')}
      description={t('event_raw_text')}
      footer={raw ? <CopyButton value={raw} label={t('copy_raw')} /> : null}
    >
      {full.isPending ? <SkeletonLines count={6} /> : null}
      {full.isError ? <QueryError error={full.error} onRetry={() => void full.refetch()} level={3} /> : null}
      {full.data ? (
        // A scroll area must be reachable by keyboard.
        <section
          aria-label={t('event_raw_title')}
          tabIndex={0}
          className="max-h-96 overflow-auto rounded-md bg-panel p-3"
        >
          <pre className="whitespace-pre-wrap break-all text-sm" dir="ltr">
            {pretty(raw)}
          </pre>
        </section>
      ) : null}
    </Dialog>
  )
}
