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
import { ActionError, useErrorText } from '@/components/api-error'
import { PlatformIcon } from '@/components/platform-icon'
import { Button } from '@/components/ui/button'
import { ConfirmDialog } from '@/components/ui/confirm-dialog'
import { toast } from '@/components/ui/toast'
import { useAccounts } from './accounts'

interface ActiveSwitchProps {
  agent: AgentView
  /** The version that the editor knows: a change over a newer one is refused. */
  base: AgentView
  onSaved(agent: AgentView): void
}

/** On and off: at once, without the editor's Save. Off is asked first, because customers notice. */
export function ActiveSwitch({ agent, base, onSaved }: ActiveSwitchProps) {
  const { t } = useTranslation('agents')
  const queryClient = useQueryClient()
  const errorText = useErrorText()
  const path = { organization_id: useOrganization().id, agent_id: agent.id }
  const change = useMutation({
    ...updateAgentMutation(),
    onSuccess: onSaved,
    onError: () => queryClient.invalidateQueries({ queryKey: getAgentQueryKey({ path }) }),
  })
  const set = (active: boolean) =>
    change.mutateAsync({ path, headers: { 'If-Match': `"${base.version}"` }, body: { active } })
  if (!agent.active) {
    return (
      <Button
        pending={change.isPending}
        onClick={() => void set(true).catch((error) => toast.error(errorText(error)))}
        icon={<Power aria-hidden="true" className="size-4" />}
      >
        {t('activate')}
      </Button>
    )
  }
  return (
    <ConfirmDialog
      trigger={
        <Button variant="ghost" icon={<Power aria-hidden="true" className="size-4" />}>
          {t('deactivate')}
        </Button>
      }
      title={t('deactivate_title', { name: agent.name })}
      description={t('deactivate_text')}
      confirmLabel={t('deactivate')}
      onConfirm={() => set(false)}
      error={change.error ? <ActionError error={change.error} /> : undefined}
    />
  )
}

/** Puts the agent away; while accounts have it, tells which instead. */
export function ArchiveButton({ agent, onShowAccounts }: { agent: AgentView; onShowAccounts(): void }) {
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
