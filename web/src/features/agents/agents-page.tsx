import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Bot, Plus } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { listAgentsInfiniteOptions } from '@/api/gen/@tanstack/react-query.gen'
import type { AgentView } from '@/api/gen/types.gen'
import { byCursor, rowsOf } from '@/api/pages'
import { useOrganization } from '@/app/organization'
import { QueryError } from '@/components/api-error'
import { PlatformIcon } from '@/components/platform-icon'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { type Column, DataTable } from '@/components/ui/data-table'
import { EmptyState } from '@/components/ui/empty-state'
import { PageHeader } from '@/components/ui/page-header'
import { LoadMore } from '@/components/ui/pagination'
import { Time } from '@/components/ui/time'
import { useAccounts } from './accounts'

/** The agents of the organization, and what each of them serves. */
export function AgentsPage() {
  const { t } = useTranslation('agents')
  const organization = useOrganization()
  const path = { organization_id: organization.id }
  const agents = useInfiniteQuery({ ...listAgentsInfiniteOptions({ path }), ...byCursor({ path }) })
  const rows = rowsOf(agents.data)
  const create = organization.can('admin') ? (
    <Button asChild>
      <Link to="/agents/new">
        <Plus aria-hidden="true" className="size-4" />
        {t('new')}
      </Link>
    </Button>
  ) : null
  const columns: Column<AgentView>[] = [
    {
      key: 'name',
      header: t('name'),
      primary: true,
      cell: (agent) => (
        <Link
          to="/agents/$agentId"
          params={{ agentId: agent.id }}
          className="tap inline-flex min-w-0 items-center text-fg underline decoration-line-strong underline-offset-4 hover:decoration-fg"
        >
          <bdi className="min-w-0 break-words">{agent.name}</bdi>
        </Link>
      ),
    },
    { key: 'state', header: t('state'), cell: (agent) => <StateBadge active={agent.active} /> },
    { key: 'model', header: t('model'), cell: (agent) => <ModelName agent={agent} /> },
    { key: 'accounts', header: t('accounts'), cell: (agent) => <Served agent={agent} /> },
    { key: 'changed', header: t('changed'), cell: (agent) => <Time value={agent.updated_at} /> },
  ]
  return (
    <div className="mx-auto grid w-full max-w-5xl gap-4">
      <PageHeader
        title={t('title')}
        description={t('subtitle')}
        actions={rows && rows.length > 0 ? create : null}
      />
      {agents.isError ? (
        <QueryError error={agents.error} onRetry={() => void agents.refetch()} pending={agents.isFetching} />
      ) : (
        <Card flush className="max-sm:border-0 max-sm:bg-transparent">
          <DataTable
            caption={t('title')}
            columns={columns}
            rows={rows}
            rowKey={(agent) => agent.id}
            loading={agents.isPending}
            empty={
              <EmptyState
                icon={<Bot />}
                title={t('empty_title')}
                text={create ? t('empty_text') : t('empty_text_read')}
                action={create}
              />
            }
          />
          <LoadMore
            hasMore={agents.hasNextPage}
            loading={agents.isFetchingNextPage}
            onLoadMore={() => void agents.fetchNextPage()}
          />
        </Card>
      )}
    </div>
  )
}

export function StateBadge({ active }: { active: boolean }) {
  const { t } = useTranslation('agents')
  return <Badge tone={active ? 'ok' : 'neutral'}>{active ? t('active') : t('inactive')}</Badge>
}

function ModelName({ agent: { model } }: { agent: AgentView }) {
  const { t } = useTranslation('agents')
  if (model.provider === 'knowledge') return <span>{t('built_in_short')}</span>
  return <bdi className="break-all">{model.model}</bdi>
}

/** Platform and name of each account that the agent answers. */
function Served({ agent }: { agent: AgentView }) {
  const { t } = useTranslation('agents')
  const { accounts, isError } = useAccounts()
  if (!accounts) return <span className="text-muted">{isError ? t('accounts_unknown') : '…'}</span>
  const served = accounts.filter((account) => account.agent_id === agent.id)
  if (served.length === 0) return <span className="text-muted">{t('no_accounts')}</span>
  return (
    <ul className="inline-flex flex-wrap gap-x-3 gap-y-1 max-sm:justify-end">
      {served.map((account) => (
        <li key={account.id} className="inline-flex min-w-0 items-center gap-1.5">
          <PlatformIcon platform={account.platform} named className="size-4 shrink-0" />
          <bdi className="min-w-0 break-words">{account.name}</bdi>
        </li>
      ))}
    </ul>
  )
}
