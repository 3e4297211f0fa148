import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { FlaskConical } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { getAgentOptions } from '@/api/gen/@tanstack/react-query.gen'
import { useOrganization } from '@/app/organization'
import { usePageTitle } from '@/app/page-title'
import { QueryError } from '@/components/api-error'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { PageHeader } from '@/components/ui/page-header'
import { SkeletonLines } from '@/components/ui/skeleton'
import { useFormat } from '@/lib/format'
import { AgentEditor } from './agent-editor'
import { StateBadge } from './agents-page'
import { BackLink } from './new-agent-page'

const route = getRouteApi('/_app/agents/$agentId')

/** One agent: what it says and how, whom it serves, and what it was before. */
export function AgentPage() {
  const { t } = useTranslation('agents')
  const format = useFormat()
  const organization = useOrganization()
  const { agentId } = route.useParams()
  const query = useQuery(getAgentOptions({ path: { organization_id: organization.id, agent_id: agentId } }))
  usePageTitle(query.data?.name)
  if (query.isError && !query.data) {
    return (
      <div className="mx-auto grid w-full max-w-5xl gap-4">
        <BackLink />
        <QueryError error={query.error} onRetry={() => void query.refetch()} pending={query.isFetching} />
      </div>
    )
  }
  if (!query.data) {
    return (
      <div className="mx-auto grid w-full max-w-5xl gap-4">
        <BackLink />
        <SkeletonLines count={8} />
      </div>
    )
  }
  const agent = query.data
  return (
    <div className="mx-auto grid w-full max-w-5xl gap-2">
      <PageHeader
        title={<bdi>{agent.name}</bdi>}
        back={<BackLink />}
        badge={
          <>
            <StateBadge active={agent.active} />
            <Badge>{t('version_badge', { version: format.number(agent.version) })}</Badge>
          </>
        }
        actions={
          organization.can('operator') ? (
            <Button asChild variant="secondary">
              <Link to="/playground" search={{ agent: agent.id }}>
                <FlaskConical aria-hidden="true" className="size-4" />
                {t('try')}
              </Link>
            </Button>
          ) : null
        }
      />
      {/* Another agent is another form. */}
      <AgentEditor key={agent.id} agent={agent} />
    </div>
  )
}
