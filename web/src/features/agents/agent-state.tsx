import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Archive, Power } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { toApiError } from '@/api/client'
import {
  archiveAgentMutation,
  getAgentQueryKey,
  listAgentsQueryKey,
  updateAgentMutation,
} from '@/api/gen/@tanstack/react-query.gen'
import type { AgentView } from '@/api/gen/types.gen'
import { anyOf } from '@/api/pages'
import { useOrganization } from '@/app/organization'
import { ActionError } from '@/components/api-error'
import { PlatformIcon } from '@/components/platform-icon'
import { Alert } from '@/components/ui/alert'
import { Button } from '@/components/ui/button'
import { ConfirmDialog } from '@/components/ui/confirm-dialog'
import { toast } from '@/components/ui/toast'
import { useAccounts } from './accounts'

interface AgentStateProps {
  agent: AgentView
  /** The version that the editor knows: a change over a newer one is refused. */
  base: AgentView
  mayChange: boolean
  onSaved(agent: AgentView): void
  onShowAccounts(): void
}

/** On, off, and away: these take effect at once, without the editor's Save. */
export function AgentState({ agent, base, mayChange, onSaved, onShowAccounts }: AgentStateProps) {
  const { t } = useTranslation('agents')
  const queryClient = useQueryClient()
  const path = { organization_id: useOrganization().id, agent_id: agent.id }
  const change = useMutation({
    ...updateAgentMutation(),
    onSuccess: onSaved,
    onError: () => queryClient.invalidateQueries({ queryKey: getAgentQueryKey({ path }) }),
  })
  const set = (active: boolean) =>
    change.mutateAsync({ path, headers: { 'If-Match': `"${base.version}"` }, body: { active } })
  const inactive = agent.active ? null : <p>{t('inactive_notice')}</p>
  if (!mayChange) return inactive ? <Alert tone="warn">{inactive}</Alert> : null
  return (
    <div className="grid gap-3">
      {agent.active ? null : (
        <Alert
          tone="warn"
          action={
            <Button
              size="sm"
              pending={change.isPending}
              onClick={() => void set(true).catch(() => undefined)}
              icon={<Power aria-hidden="true" className="size-4" />}
            >
              {t('activate')}
            </Button>
          }
        >
          {inactive}
        </Alert>
      )}
      {agent.active ? null : <ActionError error={change.error} />}
      <div className="flex flex-wrap gap-2">
        {agent.active ? (
          <ConfirmDialog
            trigger={
              <Button variant="ghost" size="sm" icon={<Power aria-hidden="true" className="size-4" />}>
                {t('deactivate')}
              </Button>
            }
            title={t('deactivate_title', { name: agent.name })}
            description={t('deactivate_text')}
            confirmLabel={t('deactivate')}
            onConfirm={() => set(false)}
            error={change.error ? <ActionError error={change.error} /> : undefined}
          />
        ) : null}
        <ArchiveButton agent={agent} onShowAccounts={onShowAccounts} />
      </div>
    </div>
  )
}

function ArchiveButton({ agent, onShowAccounts }: { agent: AgentView; onShowAccounts(): void }) {
  const { t } = useTranslation('agents')
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const organization_id = useOrganization().id
  const [open, setOpen] = useState(false)
  const { accounts, refetch } = useAccounts()
  const served = accounts?.filter((account) => account.agent_id === agent.id) ?? []
  const archive = useMutation({
    ...archiveAgentMutation(),
    onSuccess: async () => {
      setOpen(false)
      toast.success(t('archived', { name: agent.name }))
      await navigate({ to: '/agents', ignoreBlocker: true })
      queryClient.removeQueries({
        queryKey: getAgentQueryKey({ path: { organization_id, agent_id: agent.id } }),
      })
      await queryClient.invalidateQueries({
        queryKey: anyOf(listAgentsQueryKey({ path: { organization_id } })),
      })
    },
    // Somebody has given it an account since this page was read.
    onError: (error) => toApiError(error).code === 'agent_in_use' && void refetch(),
  })
  const button = (
    <Button
      variant="ghost"
      size="sm"
      icon={<Archive aria-hidden="true" className="size-4" />}
      onClick={() => {
        archive.reset()
        setOpen(true)
      }}
    >
      {t('archive')}
    </Button>
  )
  if (served.length > 0) {
    return (
      <>
        {button}
        <ConfirmDialog
          open={open}
          onOpenChange={setOpen}
          title={t('archive_in_use_title')}
          description={t('archive_in_use')}
          tone="primary"
          confirmLabel={t('to_accounts')}
          onConfirm={onShowAccounts}
        >
          <ul className="grid gap-2">
            {served.map((account) => (
              <li key={account.id} className="flex min-w-0 items-center gap-2 text-sm">
                <PlatformIcon platform={account.platform} named className="size-4 shrink-0" />
                <bdi className="min-w-0 break-words">{account.name}</bdi>
              </li>
            ))}
          </ul>
        </ConfirmDialog>
      </>
    )
  }
  return (
    <>
      {button}
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title={t('archive_title', { name: agent.name })}
        description={t('archive_text')}
        confirmLabel={t('archive')}
        onConfirm={() => archive.mutateAsync({ path: { organization_id, agent_id: agent.id } })}
        error={archive.error ? <ActionError error={archive.error} /> : undefined}
      />
    </>
  )
}
