import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Bot, ShieldCheck } from 'lucide-react'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { listAgentsInfiniteOptions } from '@/api/gen/@tanstack/react-query.gen'
import type { AgentView } from '@/api/gen/types.gen'
import { byCursor, rowsOf } from '@/api/pages'
import { useOrganization } from '@/app/organization'
import { PageForbidden } from '@/app/page-states'
import { QueryError } from '@/components/api-error'
import { buttonStyle } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { EmptyState } from '@/components/ui/empty-state'
import { Field } from '@/components/ui/field'
import { PageHeader } from '@/components/ui/page-header'
import { Select } from '@/components/ui/select'
import { SkeletonLines } from '@/components/ui/skeleton'
import { useFormat } from '@/lib/format'
import { Conversation } from './conversation'
import type { Asked } from './trial'

const route = getRouteApi('/_app/playground')

/** Where an agent is tried before, and while, it answers customers. */
export function PlaygroundPage() {
  const { t } = useTranslation('playground')
  const organization = useOrganization()
  if (!organization.can('operator')) return <PageForbidden />
  return (
    <div className="flex min-h-full min-w-0 flex-col gap-4 p-4 sm:p-6 lg:h-full">
      <PageHeader title={t('title')} description={t('subtitle')} className="mb-0" />
      <p className="flex items-start gap-2 rounded-md bg-ok-soft px-3 py-2 text-sm">
        <ShieldCheck aria-hidden="true" className="mt-0.5 size-5 shrink-0 text-ok" />
        {t('safe')}
      </p>
      <Agents />
    </div>
  )
}

function Agents() {
  const { t } = useTranslation('playground')
  const organization = useOrganization()
  const search = route.useSearch()
  const path = { organization_id: organization.id }
  const first = { path, query: { limit: 100 } }
  const query = useInfiniteQuery({ ...listAgentsInfiniteOptions(first), ...byCursor(first) })
  const agents = rowsOf(query.data)
  const asked = agents?.find(({ id }) => id === search.agent)
  // The one that is named may stand on a later page.
  const lookOn =
    search.agent !== undefined && !asked && query.hasNextPage && !query.isFetchingNextPage && !query.isError
  const { fetchNextPage } = query
  useEffect(() => {
    if (lookOn) void fetchNextPage()
  }, [lookOn, fetchNextPage])
  if (query.isError)
    return <QueryError error={query.error} onRetry={() => void query.refetch()} pending={query.isFetching} />
  if (!agents || lookOn || query.isFetchingNextPage) return <SkeletonLines count={6} />
  const agent = asked ?? agents.find(({ active }) => active) ?? agents[0]
  if (!agent) {
    const mayCreate = organization.can('admin')
    return (
      <Card>
        <EmptyState
          icon={<Bot />}
          title={t('no_agents_title')}
          text={mayCreate ? t('no_agents_text') : t('no_agents_text_read')}
          action={
            mayCreate ? (
              <Link to="/agents/new" className={buttonStyle({})}>
                {t('create_agent')}
              </Link>
            ) : null
          }
        />
      </Card>
    )
  }
  return <Trial agents={agents} agent={agent} />
}

/** Which agent, which version, and against which other. */
function Trial({ agents, agent }: { agents: AgentView[]; agent: AgentView }) {
  const { t } = useTranslation('playground')
  const format = useFormat()
  const organization = useOrganization()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const known = (version: number | undefined) =>
    version !== undefined && version <= agent.version ? version : undefined
  const [version, compare] = [known(search.version), known(search.compare)]
  const go = (next: { version?: number; compare?: number }) =>
    void navigate({ search: { agent: agent.id, version, compare, ...next }, replace: true })
  const numbers = Array.from({ length: agent.version }, (_, at) => agent.version - at)
  const asked: Asked[] = [{ version: version ?? null, number: version ?? agent.version }]
  if (compare !== undefined) asked.push({ version: compare, number: compare })
  const number = (text: string) => (text === '' ? undefined : Number(text))
  return (
    <>
      <div className="grid grid-cols-2 gap-3 sm:grid-cols-3 xl:max-w-4xl">
        <Field label={t('agent')} className="max-sm:col-span-2">
          <Select
            value={agent.id}
            onChange={(event) => void navigate({ search: { agent: event.target.value }, replace: true })}
            options={agents.map(({ id, name }) => ({ value: id, label: name }))}
          />
        </Field>
        <Field label={t('version')}>
          <Select
            value={version === undefined ? '' : String(version)}
            onChange={(event) => go({ version: number(event.target.value) })}
            options={[
              { value: '', label: t('version_current', { version: format.number(agent.version) }) },
              ...numbers
                .filter((one) => one !== agent.version || one === version)
                .map((one) => ({
                  value: String(one),
                  label: t('version_numbered', { version: format.number(one) }),
                })),
            ]}
          />
        </Field>
        <Field label={t('compare_with')}>
          <Select
            value={compare === undefined ? '' : String(compare)}
            disabled={agent.version < 2}
            onChange={(event) => go({ compare: number(event.target.value) })}
            options={[
              { value: '', label: t('compare_none') },
              ...numbers
                .filter((one) => one !== (version ?? agent.version) || one === compare)
                .map((one) => ({
                  value: String(one),
                  label: t('version_numbered', { version: format.number(one) }),
                })),
            ]}
          />
        </Field>
      </div>
      {/* Another agent is another conversation. */}
      <Conversation key={agent.id} organizationId={organization.id} agent={agent} asked={asked} />
    </>
  )
}
