import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import {
  adminListOrganizationsInfiniteOptions,
  adminListOrganizationsQueryKey,
  suspendOrganizationMutation,
  unsuspendOrganizationMutation,
  viewOrganizationMutation,
} from '@/api/gen/@tanstack/react-query.gen'
import { getMe } from '@/api/gen/sdk.gen'
import type { AdminOrganizationView } from '@/api/gen/types.gen'
import { anyOf, byCursor, rowsOf } from '@/api/pages'
import { chooseOrganization } from '@/app/organization'
import { adoptUser } from '@/app/session'
import { QueryError } from '@/components/api-error'
import { SearchField } from '@/components/search-field'
import { Badge } from '@/components/ui/badge'
import { Card } from '@/components/ui/card'
import { type Column, DataTable } from '@/components/ui/data-table'
import { EmptyState } from '@/components/ui/empty-state'
import { LoadMore } from '@/components/ui/pagination'
import { Time } from '@/components/ui/time'
import { useFormat } from '@/lib/format'
import { ReasonDialog } from './reason-dialog'

const route = getRouteApi('/_app/admin-dashboard')

/** Every organization with how much it is used and whether its accounts work. */
export function Organizations() {
  const { t } = useTranslation('admin')
  const format = useFormat()
  const { q } = route.useSearch()
  const navigate = route.useNavigate()
  const list = useInfiniteQuery({
    ...adminListOrganizationsInfiniteOptions({ query: { q } }),
    ...byCursor({ path: undefined }),
  })
  const search = useCallback(
    (next: string) => void navigate({ search: (old) => ({ ...old, q: next || undefined }), replace: true }),
    [navigate],
  )
  const columns: Column<AdminOrganizationView>[] = [
    { key: 'name', header: t('organization'), primary: true, cell: (row) => <Name row={row} /> },
    { key: 'members', header: t('members'), align: 'end', cell: (row) => format.number(row.members) },
    { key: 'accounts', header: t('accounts'), cell: (row) => <Accounts row={row} /> },
    {
      key: 'week',
      header: t('week'),
      cell: (row) =>
        t('week_detail', {
          conversations: format.number(row.conversations_7d),
          messages: format.number(row.messages_7d),
          answers: format.number(row.answers_7d),
        }),
    },
    { key: 'tokens', header: t('tokens_30d'), align: 'end', cell: (row) => format.number(row.tokens_30d) },
    { key: 'created', header: t('created'), cell: (row) => <Time value={row.created_at} as="date" /> },
    {
      key: 'actions',
      header: t('actions'),
      hideHeader: true,
      align: 'end',
      cell: (row) => <Actions row={row} />,
    },
  ]
  return (
    <div className="grid gap-3">
      <SearchField label={t('search_organizations')} value={q ?? ''} onChange={search} />
      <Card flush>
        {list.isError ? (
          <QueryError error={list.error} onRetry={() => void list.refetch()} pending={list.isFetching} />
        ) : (
          <DataTable
            caption={t('tab_organizations')}
            columns={columns}
            rows={rowsOf(list.data)}
            rowKey={(row) => row.organization_id}
            loading={list.isPending}
            empty={<EmptyState title={t('organizations_empty')} />}
          />
        )}
        <LoadMore
          hasMore={list.hasNextPage}
          loading={list.isFetchingNextPage}
          onLoadMore={() => void list.fetchNextPage()}
        />
      </Card>
    </div>
  )
}

function Name({ row }: { row: AdminOrganizationView }) {
  const { t } = useTranslation('admin')
  return (
    <span className="block min-w-0">
      <bdi className="break-words">{row.name}</bdi>{' '}
      {row.suspended_at ? <Badge tone="danger">{t('suspended')}</Badge> : null}
      {row.suspended_reason ? (
        <span className="block font-normal text-muted text-sm">{row.suspended_reason}</span>
      ) : null}
    </span>
  )
}

function Accounts({ row }: { row: AdminOrganizationView }) {
  const { t } = useTranslation('admin')
  const format = useFormat()
  return (
    <span className="inline-flex flex-wrap items-center gap-2">
      {format.number(row.accounts)}
      {row.accounts_broken > 0 ? (
        <Badge tone="danger">{t('accounts_broken', { count: format.number(row.accounts_broken) })}</Badge>
      ) : null}
    </span>
  )
}

function Actions({ row }: { row: AdminOrganizationView }) {
  const { t } = useTranslation('admin')
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const path = { organization_id: row.organization_id }
  const refetch = () => queryClient.invalidateQueries({ queryKey: anyOf(adminListOrganizationsQueryKey()) })
  const suspend = useMutation({ ...suspendOrganizationMutation(), onSuccess: refetch })
  const unsuspend = useMutation({ ...unsuspendOrganizationMutation(), onSuccess: refetch })
  const view = useMutation(viewOrganizationMutation())
  const lookIn = async (reason: string) => {
    await view.mutateAsync({ path, body: { reason } })
    const { data } = await getMe({ throwOnError: true })
    adoptUser(data)
    chooseOrganization(row.organization_id)
    await navigate({ to: '/client-dashboard' })
  }
  return (
    <span className="inline-flex flex-wrap justify-end gap-2">
      <ReasonDialog
        label={t('view')}
        title={t('view_title', { name: row.name })}
        text={t('view_text')}
        onConfirm={lookIn}
        error={view.error}
      />
      {row.suspended_at ? (
        <ReasonDialog
          label={t('unsuspend')}
          title={t('unsuspend_title', { name: row.name })}
          text={t('unsuspend_text')}
          onConfirm={(reason) => unsuspend.mutateAsync({ path, body: { reason } })}
          error={unsuspend.error}
        />
      ) : (
        <ReasonDialog
          label={t('suspend')}
          tone="danger"
          title={t('suspend_title', { name: row.name })}
          text={t('suspend_text')}
          onConfirm={(reason) => suspend.mutateAsync({ path, body: { reason } })}
          error={suspend.error}
        />
      )}
    </span>
  )
}
