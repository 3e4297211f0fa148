import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { listSocialAccountsQueryKey, updateSocialAccountMutation } from '@/api/gen/@tanstack/react-query.gen'
import type { AgentView, SocialAccountView } from '@/api/gen/types.gen'
import { anyOf } from '@/api/pages'
import { useOrganization } from '@/app/organization'
import { ActionError, QueryError } from '@/components/api-error'
import { PlatformIcon } from '@/components/platform-icon'
import { Badge } from '@/components/ui/badge'
import { Button, buttonStyle } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { ConfirmDialog } from '@/components/ui/confirm-dialog'
import { EmptyState } from '@/components/ui/empty-state'
import { SkeletonRows } from '@/components/ui/skeleton'
import { toast } from '@/components/ui/toast'
import { useAccounts } from './accounts'

/** Which accounts the agent answers, and which it could. */
export function AccountsTab({ agent, mayChange }: { agent: AgentView; mayChange: boolean }) {
  const { t } = useTranslation('agents')
  const query = useAccounts()
  if (query.isError)
    return (
      <QueryError
        error={query.error}
        onRetry={() => void query.refetch()}
        pending={query.isFetching}
        level={3}
      />
    )
  if (!query.accounts) return <SkeletonRows count={3} />
  const served = query.accounts.filter((account) => account.agent_id === agent.id)
  const others = query.accounts.filter((account) => account.agent_id !== agent.id)
  const connect =
    mayChange && query.accounts.length === 0 ? (
      <Link to="/social/accounts" className={buttonStyle({})}>
        {t('accounts_connect')}
      </Link>
    ) : null
  return (
    <div className="grid gap-4">
      <Card title={t('accounts_served')} description={t('accounts_served_text')} flush>
        {served.length === 0 ? (
          <EmptyState
            level={3}
            title={t('accounts_none_title')}
            text={query.accounts.length === 0 ? t('accounts_all_connected') : t('accounts_none_text')}
            action={connect}
          />
        ) : (
          <Rows accounts={served} agent={agent} mayChange={mayChange} />
        )}
      </Card>
      {others.length > 0 ? (
        <Card title={t('accounts_other')} flush>
          <Rows accounts={others} agent={agent} mayChange={mayChange} />
        </Card>
      ) : null}
    </div>
  )
}

interface RowsProps {
  accounts: SocialAccountView[]
  agent: AgentView
  mayChange: boolean
}

function Rows({ accounts, agent, mayChange }: RowsProps) {
  return (
    <ul>
      {accounts.map((account) => (
        <li
          key={account.id}
          className="flex flex-wrap items-center gap-x-3 gap-y-2 border-b px-4 py-3 last:border-b-0"
        >
          <PlatformIcon platform={account.platform} named className="size-5 shrink-0" />
          <Link
            to="/social/accounts/$accountId"
            params={{ accountId: account.id }}
            className="min-w-0 break-words font-semibold text-fg"
          >
            <bdi>{account.name}</bdi>
          </Link>
          <State account={account} served={account.agent_id === agent.id} />
          {mayChange ? (
            <span className="ml-auto">
              {account.agent_id === agent.id ? (
                <TakeAway account={account} />
              ) : (
                <Give account={account} agent={agent} />
              )}
            </span>
          ) : null}
        </li>
      ))}
    </ul>
  )
}

function State({ account, served }: { account: SocialAccountView; served: boolean }) {
  const { t } = useTranslation('agents')
  if (account.health === 'needs_reconnect') return <Badge tone="danger">{t('account_broken')}</Badge>
  if (!served)
    return (
      <span className="min-w-0 text-muted text-sm">
        {account.agent_name ? t('account_by', { agent: account.agent_name }) : t('account_by_nobody')}
      </span>
    )
  return account.auto_reply ? (
    <Badge tone="bot">{t('account_answers')}</Badge>
  ) : (
    <Badge>{t('account_silent')}</Badge>
  )
}

function useAssign() {
  const queryClient = useQueryClient()
  const organization_id = useOrganization().id
  const assign = useMutation({
    ...updateSocialAccountMutation(),
    onSuccess: () =>
      queryClient.invalidateQueries({
        queryKey: anyOf(listSocialAccountsQueryKey({ path: { organization_id } })),
      }),
  })
  return {
    ...assign,
    to: (account: SocialAccountView, agent_id: string | null) =>
      assign.mutateAsync({ path: { organization_id, account_id: account.id }, body: { agent_id } }),
  }
}

function Give({ account, agent }: { account: SocialAccountView; agent: AgentView }) {
  const { t } = useTranslation('agents')
  const assign = useAssign()
  const [asking, setAsking] = useState(false)
  const give = async () => {
    await assign.to(account, agent.id)
    toast.success(t('account_given', { account: account.name, agent: agent.name }))
  }
  return (
    <>
      <Button
        variant="secondary"
        size="sm"
        pending={assign.isPending && !asking}
        aria-label={t('account_give_named', { account: account.name })}
        // Where another agent answers, customers notice: that is asked first.
        onClick={() => (account.agent_id ? setAsking(true) : void give().catch(() => undefined))}
      >
        {t('account_give')}
      </Button>
      {asking ? null : <ActionError error={assign.error} />}
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={t('account_change_title', { account: account.name, agent: agent.name })}
        description={t('account_change_text', { before: account.agent_name ?? '', agent: agent.name })}
        tone="primary"
        confirmLabel={t('account_give')}
        onConfirm={give}
        error={assign.error ? <ActionError error={assign.error} /> : undefined}
      />
    </>
  )
}

function TakeAway({ account }: { account: SocialAccountView }) {
  const { t } = useTranslation('agents')
  const assign = useAssign()
  const take = async () => {
    await assign.to(account, null)
    toast.success(t('account_taken', { account: account.name }))
  }
  return (
    <ConfirmDialog
      trigger={
        <Button variant="ghost" size="sm" aria-label={t('account_take_named', { account: account.name })}>
          {t('account_take')}
        </Button>
      }
      title={t('account_take_title', { account: account.name })}
      description={t('account_take_text')}
      confirmLabel={t('account_take')}
      onConfirm={take}
      error={assign.error ? <ActionError error={assign.error} /> : undefined}
    />
  )
}
