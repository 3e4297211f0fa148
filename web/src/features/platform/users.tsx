import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useCallback, useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  adminListUsersInfiniteOptions,
  adminListUsersQueryKey,
  createResetLinkMutation,
  disableUserMutation,
  enableUserMutation,
} from '@/api/gen/@tanstack/react-query.gen'
import type { AdminUserView, ResetLink } from '@/api/gen/types.gen'
import { anyOf, byCursor, rowsOf } from '@/api/pages'
import { useUser } from '@/app/session'
import { QueryError } from '@/components/api-error'
import { SearchField } from '@/components/search-field'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { CopyButton } from '@/components/ui/copy-button'
import { type Column, DataTable } from '@/components/ui/data-table'
import { Dialog } from '@/components/ui/dialog'
import { EmptyState } from '@/components/ui/empty-state'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { LoadMore } from '@/components/ui/pagination'
import { Time } from '@/components/ui/time'
import { useFormat } from '@/lib/format'
import { ReasonDialog } from './reason-dialog'

const route = getRouteApi('/_app/admin-dashboard')

/** Everybody who can sign in here. */
export function Users() {
  const { t } = useTranslation(['admin', 'common'])
  const { q } = route.useSearch()
  const navigate = route.useNavigate()
  const list = useInfiniteQuery({
    ...adminListUsersInfiniteOptions({ query: { q } }),
    ...byCursor({ path: undefined }),
  })
  const search = useCallback(
    (next: string) => void navigate({ search: (old) => ({ ...old, q: next || undefined }), replace: true }),
    [navigate],
  )
  const columns: Column<AdminUserView>[] = [
    { key: 'name', header: t('user'), primary: true, cell: (user) => <Name user={user} /> },
    {
      key: 'organizations',
      header: t('user_organizations'),
      cell: ({ organizations }) => (
        <ul>
          {organizations.map(({ organization_id, name, role }) => (
            <li key={organization_id}>
              <bdi>{name}</bdi> <span className="text-muted text-sm">({t(`common:role_${role}`)})</span>
            </li>
          ))}
        </ul>
      ),
    },
    {
      key: 'seen',
      header: t('last_seen'),
      cell: ({ last_seen_at }) => (last_seen_at ? <Time value={last_seen_at} /> : t('never')),
    },
    {
      key: 'actions',
      header: t('actions'),
      hideHeader: true,
      align: 'end',
      cell: (user) => <Actions user={user} />,
    },
  ]
  return (
    <div className="grid gap-3">
      <SearchField label={t('search_users')} value={q ?? ''} onChange={search} />
      <Card flush>
        {list.isError ? (
          <QueryError error={list.error} onRetry={() => void list.refetch()} pending={list.isFetching} />
        ) : (
          <DataTable
            caption={t('tab_users')}
            columns={columns}
            rows={rowsOf(list.data)}
            rowKey={({ id }) => id}
            loading={list.isPending}
            empty={<EmptyState title={t('users_empty')} />}
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

function Name({ user }: { user: AdminUserView }) {
  const { t } = useTranslation('admin')
  return (
    <span className="block min-w-0">
      <bdi className="break-words">{user.name}</bdi>{' '}
      {user.is_platform_admin ? <Badge tone="info">{t('platform_admin')}</Badge> : null}{' '}
      {user.disabled_at ? <Badge tone="danger">{t('disabled')}</Badge> : null}
      <span className="block break-all font-normal text-muted text-sm">{user.email}</span>
    </span>
  )
}

function Actions({ user }: { user: AdminUserView }) {
  const { t } = useTranslation('admin')
  const me = useUser()
  const queryClient = useQueryClient()
  const [link, setLink] = useState<ResetLink | null>(null)
  const refetch = () => queryClient.invalidateQueries({ queryKey: anyOf(adminListUsersQueryKey()) })
  const disable = useMutation({ ...disableUserMutation(), onSuccess: refetch })
  const enable = useMutation({ ...enableUserMutation(), onSuccess: refetch })
  const reset = useMutation(createResetLinkMutation())
  const path = { user_id: user.id }
  // Nobody locks themselves out.
  if (user.id === me.id) return null
  return (
    <span className="inline-flex flex-wrap justify-end gap-2">
      {user.disabled_at ? (
        <ReasonDialog
          label={t('enable')}
          title={t('enable_title', { name: user.name })}
          text={t('enable_text')}
          onConfirm={(reason) => enable.mutateAsync({ path, body: { reason } })}
          error={enable.error}
        />
      ) : (
        <>
          <ReasonDialog
            label={t('reset_link')}
            title={t('reset_link_title', { name: user.name })}
            text={t('reset_link_text')}
            onConfirm={async (reason) => setLink(await reset.mutateAsync({ path, body: { reason } }))}
            error={reset.error}
          />
          <ReasonDialog
            label={t('disable')}
            tone="danger"
            title={t('disable_title', { name: user.name })}
            text={t('disable_text')}
            onConfirm={(reason) => disable.mutateAsync({ path, body: { reason } })}
            error={disable.error}
          />
        </>
      )}
      {link ? <ResetLinkDialog name={user.name} link={link} onClose={() => setLink(null)} /> : null}
    </span>
  )
}

function ResetLinkDialog({ name, link, onClose }: { name: string; link: ResetLink; onClose: () => void }) {
  const { t } = useTranslation('admin')
  const format = useFormat()
  return (
    <Dialog
      open
      dismissible={false}
      onOpenChange={(open) => !open && onClose()}
      title={t('reset_link_done', { name })}
      description={t('reset_link_until', { time: format.time(link.expires_at) })}
      footer={<Button onClick={onClose}>{t('done')}</Button>}
    >
      <div className="grid gap-3">
        <Field label={t('reset_link')}>
          <Input readOnly value={link.url} onFocus={(event) => event.target.select()} />
        </Field>
        <CopyButton value={link.url} label={t('copy_link')} />
      </div>
    </Dialog>
  )
}
