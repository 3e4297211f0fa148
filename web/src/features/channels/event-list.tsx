import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { Inbox } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  listInboundEventsInfiniteOptions,
  listInboundEventsQueryKey,
  replayInboundEventMutation,
} from '@/api/gen/@tanstack/react-query.gen'
import type { InboundEventView } from '@/api/gen/types.gen'
import { anyOf, byCursor, rowsOf } from '@/api/pages'
import { useOrganization } from '@/app/organization'
import { QueryError, useErrorText } from '@/components/api-error'
import { Badge, type Tone } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { type Column, DataTable } from '@/components/ui/data-table'
import { EmptyState } from '@/components/ui/empty-state'
import { LoadMore } from '@/components/ui/pagination'
import { Time } from '@/components/ui/time'
import { toast } from '@/components/ui/toast'

const RawDialog = lazy(() => import('./raw-dialog'))
const STATES = ['applied', 'stored', 'quarantined'] as const
const TONES: Record<(typeof STATES)[number], Tone> = { applied: 'ok', stored: 'neutral', quarantined: 'warn' }

interface Props {
  /** Of one account; of all when absent. */
  accountId?: string
  /** Only what could not be read. */
  quarantined?: boolean
}

/** What the platform sent, each as it came and to be replayed. */
export function EventList({ accountId, quarantined }: Props) {
  const { t } = useTranslation('channels')
  const organization = useOrganization()
  const [shown, setShown] = useState<InboundEventView | null>(null)
  const path = { organization_id: organization.id }
  const query = {
    account_id: accountId,
    state: quarantined ? ('quarantined' as const) : undefined,
    limit: 20,
  }
  const events = useInfiniteQuery({
    ...listInboundEventsInfiniteOptions({ path, query }),
    ...byCursor({ path }),
  })
  const columns: Column<InboundEventView>[] = [
    { key: 'kind', header: t('event_kind'), primary: true, cell: ({ kind }) => <code>{kind}</code> },
    {
      key: 'received',
      header: t('event_received'),
      cell: ({ received_at }) => <Time value={received_at} as="dateTime" />,
    },
    { key: 'state', header: t('event_state'), cell: (event) => <State event={event} /> },
    {
      key: 'actions',
      header: t('event_actions'),
      hideHeader: true,
      align: 'end',
      cell: (event) => (
        <span className="inline-flex flex-wrap justify-end gap-2">
          <Button variant="ghost" size="sm" onClick={() => setShown(event)}>
            {t('event_raw')}
          </Button>
          {organization.can('operator') ? <Replay event={event} /> : null}
        </span>
      ),
    },
  ]
  const title = quarantined ? t('quarantine') : t('events')
  return (
    <Card title={title} description={quarantined ? undefined : t('events_text')} flush>
      {events.isError ? (
        <QueryError
          error={events.error}
          onRetry={() => void events.refetch()}
          pending={events.isFetching}
          level={3}
        />
      ) : (
        <DataTable
          caption={title}
          columns={columns}
          rows={rowsOf(events.data)}
          rowKey={({ id }) => id}
          loading={events.isPending}
          empty={
            <EmptyState
              level={3}
              icon={<Inbox aria-hidden="true" />}
              title={quarantined ? t('quarantine_empty') : t('events_empty')}
              text={quarantined ? undefined : t('events_empty_text')}
            />
          }
        />
      )}
      <LoadMore
        hasMore={events.hasNextPage}
        loading={events.isFetchingNextPage}
        onLoadMore={() => void events.fetchNextPage()}
      />
      <Suspense>{shown ? <RawDialog event={shown} onClose={() => setShown(null)} /> : null}</Suspense>
    </Card>
  )
}

function State({ event }: { event: InboundEventView }) {
  const { t } = useTranslation('channels')
  const state = STATES.find((known) => known === event.state) ?? 'stored'
  return (
    <span className="inline-flex flex-wrap items-center gap-2">
      <Badge tone={TONES[state]}>{t(`event_state_${state}`)}</Badge>
      {event.quarantine_reason ? (
        <span className="break-words text-muted text-sm">{event.quarantine_reason}</span>
      ) : null}
    </span>
  )
}

function Replay({ event }: { event: InboundEventView }) {
  const { t } = useTranslation('channels')
  const organization = useOrganization()
  const queryClient = useQueryClient()
  const errorText = useErrorText()
  const path = { organization_id: organization.id }
  const replay = useMutation({
    ...replayInboundEventMutation(),
    onSuccess: () => {
      toast.success(t('replayed'))
      return queryClient.invalidateQueries({ queryKey: anyOf(listInboundEventsQueryKey({ path })) })
    },
    onError: (error) => toast.error(errorText(error)),
  })
  return (
    <Button
      variant="ghost"
      size="sm"
      pending={replay.isPending}
      onClick={() => replay.mutate({ path: { ...path, event_id: event.id } })}
    >
      {t('replay')}
    </Button>
  )
}
