import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { CircleCheck } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import {
  listDeadLettersInfiniteOptions,
  listDeadLettersQueryKey,
  replayDeadLetterMutation,
} from '@/api/gen/@tanstack/react-query.gen'
import type { DeadLetterView } from '@/api/gen/types.gen'
import { anyOf, byCursor, rowsOf } from '@/api/pages'
import { useOrganization } from '@/app/organization'
import { QueryError, useErrorText } from '@/components/api-error'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { type Column, DataTable } from '@/components/ui/data-table'
import { EmptyState } from '@/components/ui/empty-state'
import { LoadMore } from '@/components/ui/pagination'
import { Time } from '@/components/ui/time'
import { toast } from '@/components/ui/toast'

/** Work that was given up, to be tried again. */
export function DeadLetters() {
  const { t } = useTranslation('channels')
  const organization = useOrganization()
  const path = { organization_id: organization.id }
  const letters = useInfiniteQuery({ ...listDeadLettersInfiniteOptions({ path }), ...byCursor({ path }) })
  const columns: Column<DeadLetterView>[] = [
    { key: 'work', header: t('work'), primary: true, cell: (letter) => <Work letter={letter} /> },
    {
      key: 'reason',
      header: t('work_reason'),
      cell: ({ reason }) => <span className="break-words text-sm">{reason ?? '–'}</span>,
    },
    {
      key: 'when',
      header: t('when'),
      cell: ({ failed_at, created_at }) => <Time value={failed_at ?? created_at} as="dateTime" />,
    },
    {
      key: 'actions',
      header: t('actions'),
      hideHeader: true,
      align: 'end',
      cell: (letter) => (organization.can('operator') ? <Replay letter={letter} /> : null),
    },
  ]
  return (
    <Card title={t('given_up')} flush>
      {letters.isError ? (
        <QueryError
          error={letters.error}
          onRetry={() => void letters.refetch()}
          pending={letters.isFetching}
          level={3}
        />
      ) : (
        <DataTable
          caption={t('given_up')}
          columns={columns}
          rows={rowsOf(letters.data)}
          rowKey={({ id }) => id}
          loading={letters.isPending}
          empty={
            <EmptyState level={3} icon={<CircleCheck aria-hidden="true" />} title={t('given_up_empty')} />
          }
        />
      )}
      <LoadMore
        hasMore={letters.hasNextPage}
        loading={letters.isFetchingNextPage}
        onLoadMore={() => void letters.fetchNextPage()}
      />
    </Card>
  )
}

function Work({ letter }: { letter: DeadLetterView }) {
  const { t } = useTranslation('channels')
  return (
    <span className="block">
      {letter.kind === 'reply' ? t('work_reply') : t('work_deliver')}
      <Link
        to="/inbox/$conversationId"
        params={{ conversationId: letter.conversation_id }}
        className="flex min-h-10 items-center font-normal text-brand text-sm underline"
      >
        {t('open_conversation')}
      </Link>
    </span>
  )
}

function Replay({ letter }: { letter: DeadLetterView }) {
  const { t } = useTranslation('channels')
  const organization = useOrganization()
  const queryClient = useQueryClient()
  const errorText = useErrorText()
  const path = { organization_id: organization.id }
  const replay = useMutation({
    ...replayDeadLetterMutation(),
    onSuccess: () => {
      toast.success(t('replayed'))
      return queryClient.invalidateQueries({ queryKey: anyOf(listDeadLettersQueryKey({ path })) })
    },
    onError: (error) => toast.error(errorText(error)),
  })
  return (
    <Button
      variant="secondary"
      size="sm"
      pending={replay.isPending}
      onClick={() => replay.mutate({ path: { ...path, job_id: letter.id } })}
    >
      {t('replay')}
    </Button>
  )
}
