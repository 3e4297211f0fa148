import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { getQueuesOptions } from '@/api/gen/@tanstack/react-query.gen'
import { QueryError } from '@/components/api-error'
import { Badge } from '@/components/ui/badge'
import { Card } from '@/components/ui/card'
import { SkeletonLines } from '@/components/ui/skeleton'
import { useFormat } from '@/lib/format'

/** How often the page asks while it is open. */
const EVERY_MS = 5000
/** Work that waits longer than this wants a look. */
const LATE_SECONDS = 60

interface Queue {
  title: string
  ready: number
  running: number
  dead: number
  oldest: number | null | undefined
}

/** Depth and age of every queue. */
export function Queues() {
  const { t } = useTranslation('admin')
  const queues = useQuery({ ...getQueuesOptions(), refetchInterval: EVERY_MS })
  if (queues.isPending) return <SkeletonLines count={6} />
  if (queues.isError)
    return (
      <QueryError error={queues.error} onRetry={() => void queues.refetch()} pending={queues.isFetching} />
    )
  const { webhook_events, jobs, mails } = queues.data
  const kinds: Record<string, string> = { reply: t('queue_reply'), deliver: t('queue_deliver') }
  const all: Queue[] = [
    { ...webhook_events, title: t('queue_webhooks'), oldest: webhook_events.oldest_ready_seconds },
    ...jobs.map((job) => ({ ...job, title: kinds[job.kind] ?? job.kind, oldest: job.oldest_due_seconds })),
    { ...mails, title: t('queue_mails'), oldest: mails.oldest_ready_seconds },
  ]
  return (
    <div className="grid gap-4">
      <p className="text-muted text-sm">{t('queue_live')}</p>
      <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-4">
        {all.map((queue) => (
          <QueueCard key={queue.title} queue={queue} />
        ))}
      </div>
    </div>
  )
}

function QueueCard({ queue }: { queue: Queue }) {
  const { t } = useTranslation('admin')
  const format = useFormat()
  const late = (queue.oldest ?? 0) > LATE_SECONDS
  const figures = [
    [t('queue_ready'), queue.ready],
    [t('queue_running'), queue.running],
    [t('queue_dead'), queue.dead],
  ] as const
  return (
    <Card title={queue.title}>
      <dl className="grid gap-1">
        {figures.map(([label, value]) => (
          <div key={label} className="flex justify-between gap-4">
            <dt className="text-muted">{label}</dt>
            <dd className="font-semibold">{format.number(value)}</dd>
          </div>
        ))}
      </dl>
      <p className="mt-3 text-sm">
        {queue.oldest == null ? (
          <span className="text-muted">{t('queue_idle')}</span>
        ) : (
          <Badge tone={late ? 'warn' : 'neutral'}>
            {t('queue_oldest')}: {format.duration(queue.oldest)}
          </Badge>
        )}
      </p>
    </Card>
  )
}
