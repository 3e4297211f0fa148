import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  getAgentVersionOptions,
  listAgentVersionsInfiniteOptions,
  updateAgentMutation,
} from '@/api/gen/@tanstack/react-query.gen'
import type { AgentVersionView, AgentView } from '@/api/gen/types.gen'
import { byCursor, rowsOf } from '@/api/pages'
import { useOrganization } from '@/app/organization'
import { ActionError, QueryError } from '@/components/api-error'
import { Alert } from '@/components/ui/alert'
import { Badge } from '@/components/ui/badge'
import { Button, buttonStyle } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { ConfirmDialog } from '@/components/ui/confirm-dialog'
import { type Column, DataTable } from '@/components/ui/data-table'
import { Field } from '@/components/ui/field'
import { LoadMore } from '@/components/ui/pagination'
import { Select } from '@/components/ui/select'
import { SkeletonLines } from '@/components/ui/skeleton'
import { Time } from '@/components/ui/time'
import { toast } from '@/components/ui/toast'
import { useFormat } from '@/lib/format'
import { differences, originOf, toBody, toForm } from './form'
import { UnitDiff } from './settings-diff'

const route = getRouteApi('/_app/agents/$agentId')

interface VersionsTabProps {
  agent: AgentView
  mayChange: boolean
  /** The editor holds unsaved changes. */
  dirty: boolean
  onRestored(agent: AgentView): void
}

/** What the agent was: each version, any two side by side, and the way back. */
export function VersionsTab({ agent, mayChange, dirty, onRestored }: VersionsTabProps) {
  const { t } = useTranslation('agents')
  const format = useFormat()
  const organization = useOrganization()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const [restoring, setRestoring] = useState<AgentVersionView | null>(null)
  const path = { organization_id: organization.id, agent_id: agent.id }
  const versions = useInfiniteQuery({ ...listAgentVersionsInfiniteOptions({ path }), ...byCursor({ path }) })
  const compareId = useId()
  const to = search.to ?? agent.version
  const from = search.from ?? Math.max(1, to - 1)
  const compare = (next: { from: number; to: number }) =>
    navigate({ search: { tab: 'versions', ...next }, replace: true })
  const columns: Column<AgentVersionView>[] = [
    {
      key: 'version',
      header: t('version'),
      primary: true,
      cell: (row) => (
        <span className="inline-flex flex-wrap items-center gap-2">
          {format.number(row.version)}
          {row.version === agent.version ? <Badge tone="brand">{t('version_current')}</Badge> : null}
        </span>
      ),
    },
    { key: 'at', header: t('version_at'), cell: (row) => <Time value={row.created_at} as="dateTime" /> },
    {
      key: 'by',
      header: t('version_by'),
      cell: (row) => <bdi>{row.created_by.name || t('version_unknown_person')}</bdi>,
    },
    {
      key: 'actions',
      header: t('version_actions'),
      hideHeader: true,
      align: 'end',
      cell: (row) => {
        const version = format.number(row.version)
        return (
          <span className="inline-flex flex-wrap justify-end gap-1">
            {row.version > 1 ? (
              <Button
                variant="ghost"
                size="sm"
                aria-label={t('version_changes_named', { version })}
                onClick={() => {
                  void compare({ from: row.version - 1, to: row.version })
                  const place = document.getElementById(compareId)
                  place?.focus({ preventScroll: true })
                  place?.scrollIntoView({ block: 'start' })
                }}
              >
                {t('version_changes')}
              </Button>
            ) : null}
            {organization.can('operator') ? (
              <Link
                to="/playground"
                search={{ agent: agent.id, version: row.version }}
                aria-label={t('version_try_named', { version })}
                className={buttonStyle({ variant: 'ghost', size: 'sm' })}
              >
                {t('version_try')}
              </Link>
            ) : null}
            {mayChange && row.version !== agent.version ? (
              <Button
                variant="ghost"
                size="sm"
                aria-label={t('version_restore_named', { version })}
                onClick={() => setRestoring(row)}
              >
                {t('version_restore')}
              </Button>
            ) : null}
          </span>
        )
      },
    },
  ]
  if (versions.isError) {
    return (
      <QueryError
        error={versions.error}
        onRetry={() => void versions.refetch()}
        pending={versions.isFetching}
        level={3}
      />
    )
  }
  return (
    <div className="grid gap-4">
      {agent.version > 1 ? (
        <Card title={t('compare_title')} id={compareId} tabIndex={-1}>
          <Compare agent={agent} from={from} to={to} onChange={(next) => void compare(next)} />
        </Card>
      ) : null}
      <Card title={t('versions_title')} description={t('versions_text')} flush>
        <DataTable
          caption={t('versions_title')}
          columns={columns}
          rows={rowsOf(versions.data)}
          rowKey={(row) => row.version}
          loading={versions.isPending}
          className="max-sm:p-3"
        />
        <LoadMore
          hasMore={versions.hasNextPage}
          loading={versions.isFetchingNextPage}
          onLoadMore={() => void versions.fetchNextPage()}
        />
      </Card>
      {restoring ? (
        <Restore
          agent={agent}
          version={restoring}
          dirty={dirty}
          onRestored={onRestored}
          onClose={() => setRestoring(null)}
        />
      ) : null}
    </div>
  )
}

interface CompareProps {
  agent: AgentView
  from: number
  to: number
  onChange(next: { from: number; to: number }): void
}

function Compare({ agent, from, to, onChange }: CompareProps) {
  const { t } = useTranslation('agents')
  const format = useFormat()
  const organization_id = useOrganization().id
  const version = (number: number) => ({
    ...getAgentVersionOptions({ path: { organization_id, agent_id: agent.id, version: number } }),
    // A version never changes.
    staleTime: Number.POSITIVE_INFINITY,
    enabled: from !== to,
  })
  const [before, after] = [useQuery(version(from)), useQuery(version(to))]
  const failed = before.isError ? before : after.isError ? after : null
  const numbers = Array.from({ length: agent.version }, (_, at) => agent.version - at)
  const options = numbers.map((number) => ({
    value: String(number),
    label:
      number === agent.version ? `${format.number(number)} (${t('version_current')})` : format.number(number),
  }))
  const names: [string, string] = [
    t('compare_meta', { version: format.number(from) }),
    t('compare_meta', { version: format.number(to) }),
  ]
  const content = () => {
    if (from === to) return <p className="text-muted">{t('compare_pick')}</p>
    if (failed) {
      const retry = () => void failed.refetch()
      return <QueryError error={failed.error} onRetry={retry} pending={failed.isFetching} level={3} />
    }
    if (!before.data || !after.data) return <SkeletonLines count={4} />
    const sides = [toForm(before.data, agent), toForm(after.data, agent)] as const
    const units = differences(...sides)
    if (units.length === 0) return <p className="text-muted">{t('compare_none')}</p>
    return units.map((unit) => (
      <section key={unit} className="grid min-w-0 gap-1">
        <h3 className="text-sm">{t(`field_${unit}`)}</h3>
        <UnitDiff unit={unit} before={sides[0]} after={sides[1]} names={names} />
      </section>
    ))
  }
  return (
    <div className="grid gap-4">
      <div className="grid max-w-md grid-cols-2 gap-3">
        <Field label={t('compare_from')}>
          <Select
            value={String(from)}
            onChange={(event) => onChange({ from: Number(event.target.value), to })}
            options={options}
          />
        </Field>
        <Field label={t('compare_to')}>
          <Select
            value={String(to)}
            onChange={(event) => onChange({ from, to: Number(event.target.value) })}
            options={options}
          />
        </Field>
      </div>
      {content()}
    </div>
  )
}

interface RestoreProps {
  agent: AgentView
  version: AgentVersionView
  dirty: boolean
  onRestored(agent: AgentView): void
  onClose(): void
}

/** Saves what a version held as the next one. */
function Restore({ agent, version, dirty, onRestored, onClose }: RestoreProps) {
  const { t } = useTranslation('agents')
  const format = useFormat()
  const organization_id = useOrganization().id
  const restore = useMutation(updateAgentMutation())
  const number = format.number(version.version)
  const then = version.model.provider === 'openai_compatible' ? originOf(version.model.base_url) : null
  const now =
    agent.model.provider === 'openai_compatible' && agent.model.api_key?.configured
      ? originOf(agent.model.base_url)
      : null
  const confirm = async () => {
    const saved = await restore.mutateAsync({
      path: { organization_id, agent_id: agent.id },
      headers: { 'If-Match': `"${agent.version}"` },
      body: toBody(toForm(version, agent)),
    })
    onRestored(saved)
    toast.success(t('restored', { version: number, next: format.number(saved.version) }))
  }
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('restore_title', { version: number })}
      description={t('restore_text', { next: format.number(agent.version + 1) })}
      tone="primary"
      confirmLabel={t('version_restore')}
      onConfirm={confirm}
      error={restore.error ? <ActionError error={restore.error} /> : undefined}
    >
      {then !== null && then !== now ? <Alert tone="warn">{t('restore_key')}</Alert> : null}
      {dirty ? <Alert tone="warn">{t('restore_dirty')}</Alert> : null}
    </ConfirmDialog>
  )
}
