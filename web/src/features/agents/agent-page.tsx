import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { getAgentOptions } from '@/api/gen/@tanstack/react-query.gen'
import { useOrganization } from '@/app/organization'
import { usePageTitle } from '@/app/page-title'
import { QueryError } from '@/components/api-error'
import { SkeletonLines } from '@/components/ui/skeleton'
import { AgentEditor } from './agent-editor'
import { BackLink } from './new-agent-page'

const route = getRouteApi('/_app/agents/$agentId')

/** One agent: what it says and how, whom it serves, and what it was before. */
export function AgentPage() {
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
  // Another agent is another form.
  return <AgentEditor key={query.data.id} agent={query.data} />
}
