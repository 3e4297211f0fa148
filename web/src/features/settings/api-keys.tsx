import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { KeyRound } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  listApiKeysInfiniteOptions,
  listApiKeysQueryKey,
  revokeApiKeyMutation,
} from '@/api/gen/@tanstack/react-query.gen'
import type { ApiKeyView } from '@/api/gen/types.gen'
import { anyOf, byCursor, rowsOf } from '@/api/pages'
import { useOrganization } from '@/app/organization'
import { ActionError, QueryError } from '@/components/api-error'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { ConfirmDialog } from '@/components/ui/confirm-dialog'
import { type Column, DataTable } from '@/components/ui/data-table'
import { EmptyState } from '@/components/ui/empty-state'
import { LoadMore } from '@/components/ui/pagination'
import { Time } from '@/components/ui/time'
import { toast } from '@/components/ui/toast'

const NewKeyDialog = lazy(() => import('./new-key-dialog'))

/** Keys for programs: what exists, who made it, when it was used. The key itself is shown once, when it is made. */
export function ApiKeys() {
  const { t } = useTranslation(['settings', 'common'])
  const organization = useOrganization()
  const [making, setMaking] = useState(false)
  const path = { organization_id: organization.id }
  const keys = useInfiniteQuery({ ...listApiKeysInfiniteOptions({ path }), ...byCursor({ path }) })
  const columns: Column<ApiKeyView>[] = [
    { key: 'name', header: t('key_name'), primary: true, cell: (key) => <Name apiKey={key} /> },
    { key: 'role', header: t('key_role'), cell: ({ role }) => t(`common:role_${role}`) },
    { key: 'created', header: t('key_created'), cell: (key) => <Made apiKey={key} /> },
    {
      key: 'used',
      header: t('key_last_used'),
      cell: ({ last_used_at }) => (last_used_at ? <Time value={last_used_at} /> : t('key_unused')),
    },
    { key: 'expires', header: t('key_expires'), cell: (key) => <Expiry apiKey={key} /> },
    {
      key: 'actions',
      header: t('key_revoke'),
      hideHeader: true,
      align: 'end',
      cell: (key) => <Revoke apiKey={key} />,
    },
  ]
  const create = (
    <Button icon={<KeyRound aria-hidden="true" className="size-4" />} onClick={() => setMaking(true)}>
      {t('key_new')}
    </Button>
  )
  return (
    <Card title={t('tab_keys')} description={t('keys_text')} actions={create} flush>
      <p className="px-4">
        <a href="/docs/" className="inline-flex min-h-10 items-center text-brand text-sm underline">
          {t('keys_docs')}
        </a>
      </p>
      {keys.isError ? (
        <QueryError
          error={keys.error}
          onRetry={() => void keys.refetch()}
          pending={keys.isFetching}
          level={3}
        />
      ) : (
        <DataTable
          caption={t('tab_keys')}
          columns={columns}
          rows={rowsOf(keys.data)}
          rowKey={({ id }) => id}
          loading={keys.isPending}
          empty={
            <EmptyState
              level={3}
              icon={<KeyRound aria-hidden="true" />}
              title={t('keys_empty')}
              text={t('keys_empty_text')}
            />
          }
        />
      )}
      <LoadMore
        hasMore={keys.hasNextPage}
        loading={keys.isFetchingNextPage}
        onLoadMore={() => void keys.fetchNextPage()}
      />
      <Suspense>{making ? <NewKeyDialog onClose={() => setMaking(false)} /> : null}</Suspense>
    </Card>
  )
}

function Name({ apiKey }: { apiKey: ApiKeyView }) {
  const { t } = useTranslation('settings')
  return (
    <span className="block min-w-0">
      <bdi className="break-words">{apiKey.name}</bdi>
      <span className="block font-normal text-muted text-sm">
        {t('key_ends_with', { last4: apiKey.last4 })}
      </span>
    </span>
  )
}

function Made({ apiKey }: { apiKey: ApiKeyView }) {
  const { t } = useTranslation('settings')
  return (
    <span className="block">
      <Time value={apiKey.created_at} as="date" />
      <span className="block text-muted text-sm">
        {t('key_created_by', { name: apiKey.created_by.name })}
      </span>
    </span>
  )
}

function Expiry({ apiKey }: { apiKey: ApiKeyView }) {
  const { t } = useTranslation('settings')
  if (!apiKey.expires_at) return t('key_never')
  if (new Date(apiKey.expires_at) <= new Date()) return <Badge tone="warn">{t('key_expired')}</Badge>
  return <Time value={apiKey.expires_at} as="date" />
}

function Revoke({ apiKey }: { apiKey: ApiKeyView }) {
  const { t } = useTranslation('settings')
  const organization = useOrganization()
  const queryClient = useQueryClient()
  const path = { organization_id: organization.id }
  const revoke = useMutation({
    ...revokeApiKeyMutation(),
    onSuccess: () => {
      toast.success(t('key_revoked'))
      return queryClient.invalidateQueries({ queryKey: anyOf(listApiKeysQueryKey({ path })) })
    },
  })
  return (
    <ConfirmDialog
      trigger={
        <Button variant="ghost" size="sm">
          {t('key_revoke')}
        </Button>
      }
      title={t('key_revoke_title', { name: apiKey.name })}
      description={t('key_revoke_text')}
      confirmLabel={t('key_revoke')}
      onConfirm={() => revoke.mutateAsync({ path: { ...path, api_key_id: apiKey.id } })}
      error={revoke.error ? <ActionError error={revoke.error} /> : undefined}
    />
  )
}
