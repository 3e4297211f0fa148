import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { ScrollText } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { listAuditLogInfiniteOptions, listMembersOptions } from '@/api/gen/@tanstack/react-query.gen'
import type { AuditView } from '@/api/gen/types.gen'
import { byCursor, rowsOf } from '@/api/pages'
import { useOrganization } from '@/app/organization'
import { QueryError } from '@/components/api-error'
import { Card } from '@/components/ui/card'
import { type Column, DataTable } from '@/components/ui/data-table'
import { EmptyState } from '@/components/ui/empty-state'
import { PageHeader } from '@/components/ui/page-header'
import { LoadMore } from '@/components/ui/pagination'
import { Time } from '@/components/ui/time'

/** What only platform admins do; they are members of nothing here. */
const BY_PLATFORM_ADMINS = new Set([
  'platform_admin.view_started',
  'platform_admin.view_ended',
  'organization.suspended',
  'organization.unsuspended',
])

/** Who changed what (R49). */
export function AuditPage() {
  const { t } = useTranslation('settings')
  const organization = useOrganization()
  const path = { organization_id: organization.id }
  const log = useInfiniteQuery({ ...listAuditLogInfiniteOptions({ path }), ...byCursor({ path }) })
  const members = useQuery(listMembersOptions({ path, query: { limit: 100 } }))
  const names = new Map(members.data?.items.map((member) => [member.user_id, member.name]))
  const who = ({ user_id, action }: AuditView) => {
    if (!user_id) return <span className="text-muted">{t('audit_system')}</span>
    const name = names.get(user_id)
    if (name) return <bdi>{name}</bdi>
    // Before the members are there, nobody is called a former one.
    if (members.isPending) return <span className="text-muted">…</span>
    return <bdi>{BY_PLATFORM_ADMINS.has(action) ? t('audit_platform_admin') : t('audit_former')}</bdi>
  }
  const columns: Column<AuditView>[] = [
    {
      key: 'what',
      header: t('audit_what'),
      primary: true,
      cell: (entry) => <Action action={entry.action} />,
    },
    { key: 'who', header: t('audit_who'), cell: who },
    {
      key: 'when',
      header: t('audit_when'),
      cell: ({ created_at }) => <Time value={created_at} as="dateTime" />,
    },
    { key: 'details', header: t('audit_details'), cell: (entry) => <Details entry={entry} /> },
  ]
  return (
    <div className="mx-auto grid w-full max-w-5xl gap-4">
      <PageHeader title={t('audit_title')} description={t('audit_subtitle')} />
      <Card flush>
        {log.isError ? (
          <QueryError error={log.error} onRetry={() => void log.refetch()} pending={log.isFetching} />
        ) : (
          <DataTable
            caption={t('audit_title')}
            columns={columns}
            rows={rowsOf(log.data)}
            rowKey={({ id }) => id}
            loading={log.isPending}
            empty={<EmptyState icon={<ScrollText aria-hidden="true" />} title={t('audit_empty')} />}
          />
        )}
        <LoadMore
          hasMore={log.hasNextPage}
          loading={log.isFetchingNextPage}
          onLoadMore={() => void log.fetchNextPage()}
        />
      </Card>
    </div>
  )
}

/** In words where we have them; an action that is newer than this page stands as its code. */
function Action({ action }: { action: string }) {
  const { t } = useTranslation('settings')
  const key = `action_${action.replaceAll('.', '_')}` as 'action_agent_created'
  return t(key, { defaultValue: action })
}

function Details({ entry }: { entry: AuditView }) {
  const { t } = useTranslation('settings')
  const details = Object.entries(entry.details ?? {})
  if (details.length === 0) return <span className="break-all text-muted text-sm">{entry.subject_id}</span>
  return (
    <details>
      <summary className="inline-flex min-h-10 cursor-pointer items-center text-brand text-sm">
        {t('audit_show')}
      </summary>
      <dl className="grid gap-1 text-sm">
        {details.map(([name, value]) => (
          <div key={name}>
            <dt className="inline font-semibold">{name}: </dt>
            <dd className="inline break-all">{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}
