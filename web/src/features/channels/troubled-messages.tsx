import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { CircleCheck } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import {
  dismissMessageMutation,
  listTroubledMessagesInfiniteOptions,
  listTroubledMessagesQueryKey,
  resendMessageMutation,
} from '@/api/gen/@tanstack/react-query.gen'
import type { MessageView } from '@/api/gen/types.gen'
import { anyOf, byCursor, rowsOf } from '@/api/pages'
import { useOrganization } from '@/app/organization'
import { ActionError, QueryError, useErrorText } from '@/components/api-error'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { ConfirmDialog } from '@/components/ui/confirm-dialog'
import { type Column, DataTable } from '@/components/ui/data-table'
import { EmptyState } from '@/components/ui/empty-state'
import { LoadMore } from '@/components/ui/pagination'
import { Time } from '@/components/ui/time'
import { toast } from '@/components/ui/toast'
import { cutText } from '@/lib/text'

/** Failed and unconfirmed messages of all conversations. */
export function TroubledMessages() {
  const { t } = useTranslation('channels')
  const organization = useOrganization()
  const path = { organization_id: organization.id }
  const messages = useInfiniteQuery({
    ...listTroubledMessagesInfiniteOptions({ path }),
    ...byCursor({ path }),
  })
  const columns: Column<MessageView>[] = [
    { key: 'message', header: t('message'), primary: true, cell: (message) => <Text message={message} /> },
    { key: 'state', header: t('state'), cell: (message) => <State message={message} /> },
    { key: 'when', header: t('when'), cell: ({ created_at }) => <Time value={created_at} as="dateTime" /> },
    {
      key: 'actions',
      header: t('actions'),
      hideHeader: true,
      align: 'end',
      cell: (message) => (organization.can('operator') ? <Actions message={message} /> : null),
    },
  ]
  return (
    <Card title={t('messages')} flush>
      {messages.isError ? (
        <QueryError
          error={messages.error}
          onRetry={() => void messages.refetch()}
          pending={messages.isFetching}
          level={3}
        />
      ) : (
        <DataTable
          caption={t('messages')}
          columns={columns}
          rows={rowsOf(messages.data)}
          rowKey={({ id }) => id}
          loading={messages.isPending}
          empty={
            <EmptyState level={3} icon={<CircleCheck aria-hidden="true" />} title={t('messages_empty')} />
          }
        />
      )}
      <LoadMore
        hasMore={messages.hasNextPage}
        loading={messages.isFetchingNextPage}
        onLoadMore={() => void messages.fetchNextPage()}
      />
    </Card>
  )
}

function Text({ message }: { message: MessageView }) {
  const { t } = useTranslation('channels')
  return (
    <span className="block min-w-0">
      <span dir="auto" className="block break-words">
        {cutText(message.text ?? message.kind, 140)}
      </span>
      <Link
        to="/inbox/$conversationId"
        params={{ conversationId: message.conversation_id }}
        className="inline-flex min-h-10 items-center font-normal text-brand text-sm underline"
      >
        {t('open_conversation')}
      </Link>
    </span>
  )
}

function State({ message }: { message: MessageView }) {
  const { t } = useTranslation('channels')
  const unknown = message.state === 'unknown'
  return (
    <span className="inline-flex flex-wrap items-center gap-2">
      <Badge tone={unknown ? 'warn' : 'danger'}>
        {unknown ? t('message_state_unknown') : t('message_state_failed')}
      </Badge>
      {message.failure ? (
        <span className="text-muted text-sm">{t('message_code', { code: message.failure.code })}</span>
      ) : null}
    </span>
  )
}

function Actions({ message }: { message: MessageView }) {
  const { t } = useTranslation('channels')
  const organization = useOrganization()
  const queryClient = useQueryClient()
  const errorText = useErrorText()
  const organizationPath = { organization_id: organization.id }
  const path = { ...organizationPath, message_id: message.id }
  const refetch = () =>
    queryClient.invalidateQueries({
      queryKey: anyOf(listTroubledMessagesQueryKey({ path: organizationPath })),
    })
  const resend = useMutation({ ...resendMessageMutation(), onSuccess: refetch })
  const dismiss = useMutation({
    ...dismissMessageMutation(),
    onSuccess: refetch,
    onError: (error) => toast.error(errorText(error)),
  })
  return (
    <span className="inline-flex flex-wrap justify-end gap-2">
      <ConfirmDialog
        trigger={
          <Button variant="secondary" size="sm">
            {t('resend')}
          </Button>
        }
        tone="primary"
        title={t('resend_title')}
        description={message.state === 'unknown' ? t('resend_unknown_text') : t('resend_failed_text')}
        confirmLabel={t('resend')}
        onConfirm={() => resend.mutateAsync({ path })}
        error={resend.error ? <ActionError error={resend.error} /> : undefined}
      />
      <Button variant="ghost" size="sm" pending={dismiss.isPending} onClick={() => dismiss.mutate({ path })}>
        {t('dismiss')}
      </Button>
    </span>
  )
}
