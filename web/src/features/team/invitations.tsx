import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { MailPlus } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import {
  listInvitationsInfiniteOptions,
  listInvitationsQueryKey,
  revokeInvitationMutation,
} from '@/api/gen/@tanstack/react-query.gen'
import type { InvitationView } from '@/api/gen/types.gen'
import { anyOf, byCursor, rowsOf } from '@/api/pages'
import { useOrganization } from '@/app/organization'
import { ActionError, QueryError } from '@/components/api-error'
import { Badge, type Tone } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { ConfirmDialog } from '@/components/ui/confirm-dialog'
import { type Column, DataTable } from '@/components/ui/data-table'
import { EmptyState } from '@/components/ui/empty-state'
import { LoadMore } from '@/components/ui/pagination'
import { Time } from '@/components/ui/time'

const TONES: Record<InvitationView['status'], Tone> = {
  open: 'info',
  accepted: 'ok',
  revoked: 'neutral',
  expired: 'warn',
}

/** Invitations of the organization; `action` is the invite button for when there are none. */
export function Invitations({ action }: { action: ReactNode }) {
  const { t } = useTranslation(['team', 'common'])
  const organization = useOrganization()
  const path = { organization_id: organization.id }
  const invitations = useInfiniteQuery({
    ...listInvitationsInfiniteOptions({ path }),
    ...byCursor({ path }),
  })
  const columns: Column<InvitationView>[] = [
    {
      key: 'email',
      header: t('email'),
      primary: true,
      cell: ({ email }) => <span className="break-all">{email}</span>,
    },
    { key: 'role', header: t('role'), cell: ({ role }) => t(`common:role_${role}`) },
    {
      key: 'status',
      header: t('status'),
      cell: ({ status }) => <Badge tone={TONES[status]}>{t(`status_${status}`)}</Badge>,
    },
    {
      key: 'expires',
      header: t('expires'),
      cell: ({ expires_at }) => <Time value={expires_at} as="dateTime" />,
    },
    {
      key: 'actions',
      header: t('actions'),
      hideHeader: true,
      align: 'end',
      cell: (invitation) => (invitation.status === 'open' ? <Revoke invitation={invitation} /> : null),
    },
  ]
  if (invitations.isError) {
    return (
      <QueryError
        error={invitations.error}
        onRetry={() => void invitations.refetch()}
        pending={invitations.isFetching}
        level={3}
      />
    )
  }
  return (
    <>
      <DataTable
        caption={t('invitations')}
        columns={columns}
        rows={rowsOf(invitations.data)}
        rowKey={({ id }) => id}
        loading={invitations.isPending}
        empty={
          <EmptyState
            level={3}
            icon={<MailPlus aria-hidden="true" />}
            title={t('no_invitations')}
            text={t('no_invitations_text')}
            action={action}
          />
        }
      />
      <LoadMore
        hasMore={invitations.hasNextPage}
        loading={invitations.isFetchingNextPage}
        onLoadMore={() => void invitations.fetchNextPage()}
      />
    </>
  )
}

function Revoke({ invitation }: { invitation: InvitationView }) {
  const { t } = useTranslation('team')
  const organization = useOrganization()
  const queryClient = useQueryClient()
  const path = { organization_id: organization.id }
  const revoke = useMutation({
    ...revokeInvitationMutation(),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: anyOf(listInvitationsQueryKey({ path })) }),
  })
  return (
    <ConfirmDialog
      trigger={
        <Button variant="ghost" size="sm">
          {t('revoke')}
        </Button>
      }
      title={t('revoke_title', { email: invitation.email })}
      description={t('revoke_text')}
      confirmLabel={t('revoke')}
      onConfirm={() => revoke.mutateAsync({ path: { ...path, invitation_id: invitation.id } })}
      error={revoke.error ? <ActionError error={revoke.error} /> : undefined}
    />
  )
}
