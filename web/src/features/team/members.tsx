import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import {
  listMembersInfiniteOptions,
  listMembersQueryKey,
  removeMemberMutation,
  updateMemberMutation,
} from '@/api/gen/@tanstack/react-query.gen'
import type { MemberView } from '@/api/gen/types.gen'
import { anyOf, byCursor, rowsOf } from '@/api/pages'
import { organizationsOptions, ROLES, type Role, useOrganization } from '@/app/organization'
import { useUser } from '@/app/session'
import { ActionError, QueryError, useErrorText } from '@/components/api-error'
import { Avatar } from '@/components/ui/avatar'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { ConfirmDialog } from '@/components/ui/confirm-dialog'
import { type Column, DataTable } from '@/components/ui/data-table'
import { LoadMore } from '@/components/ui/pagination'
import { Select } from '@/components/ui/select'
import { Time } from '@/components/ui/time'
import { toast } from '@/components/ui/toast'

/** The members, with their roles to change. Nobody is offered a role above their own; the server refuses it anyway. */
export function Members() {
  const { t } = useTranslation(['team', 'common'])
  const organization = useOrganization()
  const path = { organization_id: organization.id }
  const members = useInfiniteQuery({
    ...listMembersInfiniteOptions({ path }),
    ...byCursor({ path }),
  })
  const columns: Column<MemberView>[] = [
    { key: 'name', header: t('name'), primary: true, cell: (member) => <Name member={member} /> },
    { key: 'role', header: t('role'), cell: (member) => <RoleCell member={member} /> },
    { key: 'since', header: t('since'), cell: (member) => <Time value={member.created_at} as="date" /> },
    {
      key: 'actions',
      header: t('actions'),
      hideHeader: true,
      align: 'end',
      cell: (member) => <RemoveCell member={member} />,
    },
  ]
  if (members.isError) {
    return (
      <QueryError
        error={members.error}
        onRetry={() => void members.refetch()}
        pending={members.isFetching}
        level={3}
      />
    )
  }
  return (
    <>
      <DataTable
        caption={t('members')}
        columns={columns}
        rows={rowsOf(members.data)}
        rowKey={(member) => member.user_id}
        loading={members.isPending}
      />
      <LoadMore
        hasMore={members.hasNextPage}
        loading={members.isFetchingNextPage}
        onLoadMore={() => void members.fetchNextPage()}
      />
    </>
  )
}

function Name({ member }: { member: MemberView }) {
  const { t } = useTranslation('team')
  const user = useUser()
  return (
    <span className="flex min-w-0 items-center gap-3">
      <Avatar name={member.name} />
      <span className="min-w-0">
        <bdi className="break-words font-semibold">{member.name}</bdi>{' '}
        {member.user_id === user.id ? <Badge>{t('you')}</Badge> : null}
        <span className="block break-all font-normal text-muted text-sm">{member.email}</span>
      </span>
    </span>
  )
}

function RoleCell({ member }: { member: MemberView }) {
  const { t } = useTranslation(['team', 'common'])
  const organization = useOrganization()
  const user = useUser()
  const queryClient = useQueryClient()
  const errorText = useErrorText()
  const path = { organization_id: organization.id }
  const change = useMutation({
    ...updateMemberMutation(),
    onSuccess: () => {
      toast.success(t('role_changed', { name: member.name }))
      return queryClient.invalidateQueries({
        queryKey: anyOf(listMembersQueryKey({ path })),
      })
    },
    onError: (error) => toast.error(errorText(error)),
  })
  const role = member.role as Role
  const mayChange = organization.can('admin') && member.user_id !== user.id && organization.can(role)
  if (!mayChange) return <Badge>{t(`common:role_${role}`)}</Badge>
  return (
    <Select
      aria-label={t('change_role_of', { name: member.name })}
      value={change.isPending ? change.variables.body.role : role}
      disabled={change.isPending}
      onChange={(event) =>
        change.mutate({
          path: { ...path, user_id: member.user_id },
          body: { role: event.target.value as Role },
        })
      }
      options={ROLES.filter((asked) => organization.can(asked)).map((asked) => ({
        value: asked,
        label: t(`common:role_${asked}`),
      }))}
    />
  )
}

function RemoveCell({ member }: { member: MemberView }) {
  const { t } = useTranslation('team')
  const organization = useOrganization()
  const user = useUser()
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const self = member.user_id === user.id
  const remove = useMutation(removeMemberMutation())
  if (!self && !(organization.can('admin') && organization.can(member.role as Role))) return null
  if (organization.viewing) return null

  const confirm = async () => {
    await remove.mutateAsync({ path: { organization_id: organization.id, user_id: member.user_id } })
    if (self) {
      await queryClient.invalidateQueries({ queryKey: organizationsOptions.queryKey })
      await navigate({ to: '/client-dashboard' })
      return
    }
    toast.success(t('removed', { name: member.name }))
    const path = { organization_id: organization.id }
    await queryClient.invalidateQueries({ queryKey: anyOf(listMembersQueryKey({ path })) })
  }
  return (
    <ConfirmDialog
      trigger={
        <Button variant="ghost" size="sm">
          {self ? t('leave') : t('remove')}
        </Button>
      }
      title={
        self
          ? t('leave_title', { organization: organization.name })
          : t('remove_title', { name: member.name })
      }
      description={self ? t('leave_text') : t('remove_text')}
      confirmLabel={self ? t('leave') : t('remove')}
      onConfirm={confirm}
      error={remove.error ? <ActionError error={remove.error} /> : undefined}
    />
  )
}
