import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { CircleCheck } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import {
  adminListWebhookEventsInfiniteOptions,
  adminListWebhookEventsQueryKey,
  replayWebhookEventMutation,
} from '@/api/gen/@tanstack/react-query.gen'
import type { WebhookEventView } from '@/api/gen/types.gen'
import { anyOf, byCursor, rowsOf } from '@/api/pages'
import { QueryError } from '@/components/api-error'
import { PlatformIcon } from '@/components/platform-icon'
import { Card } from '@/components/ui/card'
import { type Column, DataTable } from '@/components/ui/data-table'
import { EmptyState } from '@/components/ui/empty-state'
import { LoadMore } from '@/components/ui/pagination'
import { Time } from '@/components/ui/time'
import { toast } from '@/components/ui/toast'
import { useFormat } from '@/lib/format'
import { ReasonDialog } from './reason-dialog'

/** Webhook events that failed for good (R19), to be replayed once their cause is gone. */
export function FailedEvents() {
  const { t } = useTranslation(['admin', 'common'])
  const format = useFormat()
  const list = useInfiniteQuery({
    ...adminListWebhookEventsInfiniteOptions({ query: { state: 'dead' } }),
    ...byCursor({ path: undefined }),
  })
  const columns: Column<WebhookEventView>[] = [
    {
      key: 'platform',
      header: t('event_platform'),
      primary: true,
      cell: ({ platform }) => (
        <span className="inline-flex items-center gap-2">
          <PlatformIcon platform={platform} className="size-5" />
          {t(`common:platform_${platform}`)}
        </span>
      ),
    },
    {
      key: 'received',
      header: t('event_received'),
      cell: ({ received_at }) => <Time value={received_at} as="dateTime" />,
    },
    {
      key: 'attempts',
      header: t('event_attempts'),
      align: 'end',
      cell: ({ attempts }) => format.number(attempts),
    },
    {
      key: 'error',
      header: t('event_error'),
      cell: ({ last_error }) => <span className="break-words text-sm">{last_error ?? '–'}</span>,
    },
    {
      key: 'actions',
      header: t('actions'),
      hideHeader: true,
      align: 'end',
      cell: (event) => <Replay event={event} />,
    },
  ]
  return (
    <Card flush>
      {list.isError ? (
        <QueryError error={list.error} onRetry={() => void list.refetch()} pending={list.isFetching} />
      ) : (
        <DataTable
          caption={t('tab_events')}
          columns={columns}
          rows={rowsOf(list.data)}
          rowKey={({ id }) => id}
          loading={list.isPending}
          empty={
            <EmptyState
              icon={<CircleCheck aria-hidden="true" />}
              title={t('events_empty')}
              text={t('events_empty_text')}
            />
          }
        />
      )}
      <LoadMore
        hasMore={list.hasNextPage}
        loading={list.isFetchingNextPage}
        onLoadMore={() => void list.fetchNextPage()}
      />
    </Card>
  )
}

function Replay({ event }: { event: WebhookEventView }) {
  const { t } = useTranslation('admin')
  const queryClient = useQueryClient()
  const replay = useMutation({
    ...replayWebhookEventMutation(),
    onSuccess: () => {
      toast.success(t('replayed'))
      return queryClient.invalidateQueries({ queryKey: anyOf(adminListWebhookEventsQueryKey()) })
    },
  })
  return (
    <ReasonDialog
      label={t('replay')}
      title={t('replay_title')}
      text={t('replay_text')}
      onConfirm={(reason) => replay.mutateAsync({ path: { webhook_event_id: event.id }, body: { reason } })}
      error={replay.error}
    />
  )
}
