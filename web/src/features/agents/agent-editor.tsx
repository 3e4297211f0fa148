import { zodResolver } from '@hookform/resolvers/zod'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { FlaskConical } from 'lucide-react'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { type FieldErrors, FormProvider, useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { toApiError } from '@/api/client'
import {
  getAgentOptions,
  getAgentQueryKey,
  listAgentsQueryKey,
  listAgentVersionsQueryKey,
  updateAgentMutation,
} from '@/api/gen/@tanstack/react-query.gen'
import type { AgentView } from '@/api/gen/types.gen'
import { anyOf } from '@/api/pages'
import { useOrganization } from '@/app/organization'
import { ActionError, placeFieldErrors } from '@/components/api-error'
import { Alert } from '@/components/ui/alert'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { PageHeader } from '@/components/ui/page-header'
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs'
import { toast } from '@/components/ui/toast'
import { UnsavedGuard } from '@/components/unsaved-guard'
import { useFormat } from '@/lib/format'
import { AccountsTab } from './accounts-tab'
import { ActiveSwitch, ArchiveButton } from './agent-state'
import { StateBadge } from './agents-page'
import { BehaviourTab } from './behaviour-tab'
import { type AgentForm, agentSchema, SERVER_FIELDS, tabOf, toBody, toForm } from './form'
import { InstructionsTab } from './instructions-tab'
import { ModelTab } from './model-tab'
import { BackLink } from './new-agent-page'
import { VersionsTab } from './versions-tab'

const ConflictDialog = lazy(() => import('./conflict-dialog'))
const route = getRouteApi('/_app/agents/$agentId')
const TABS = ['instructions', 'behaviour', 'model', 'accounts', 'versions'] as const
type Tab = (typeof TABS)[number]
const formOf = (agent: AgentView) => toForm(agent, agent)

/**
 * The editor's form lies over all its tabs. `base` is the version that it was filled from and that saving names; when
 * somebody else saves meanwhile, `agent` is newer than `base`, and both sides are shown.
 */
export function AgentEditor({ agent }: { agent: AgentView }) {
  const { t } = useTranslation(['agents', 'common'])
  const format = useFormat()
  const organization = useOrganization()
  const queryClient = useQueryClient()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const [base, setBase] = useState(agent)
  const [comparing, setComparing] = useState(false)
  const wrongField = useRef<keyof AgentForm | null>(null)
  const mayChange = organization.can('admin')
  const path = { organization_id: organization.id, agent_id: agent.id }
  const tab: Tab = TABS.find((one) => one === search.tab) ?? 'instructions'
  const toTab = (next: string) =>
    void navigate({ search: next === 'instructions' ? {} : { tab: next }, replace: true })

  const form = useForm<AgentForm>({
    resolver: zodResolver(agentSchema),
    mode: 'onTouched',
    defaultValues: formOf(agent),
    // Fields of other tabs are not on the page: the tab is changed first, then the focus set.
    shouldFocusError: false,
  })
  const { reset, setFocus } = form
  const { isDirty } = form.formState
  const [adopted, setAdopted] = useState(agent.version)
  const newer = agent.version > base.version
  useEffect(() => {
    // Nothing is written here: the newer version simply appears.
    if (agent.version === adopted || isDirty) return
    reset(formOf(agent))
    setBase(agent)
    setAdopted(agent.version)
  }, [agent, adopted, isDirty, reset])

  /** What the server has now is what the form starts from again. */
  const adopt = (saved: AgentView, keepChanges = false) => {
    setBase(saved)
    setAdopted(saved.version)
    reset(formOf(saved), { keepDirtyValues: keepChanges })
    queryClient.setQueryData(getAgentQueryKey({ path }), saved)
    const { organization_id } = path
    void queryClient.invalidateQueries({ queryKey: anyOf(listAgentsQueryKey({ path: { organization_id } })) })
    void queryClient.invalidateQueries({ queryKey: anyOf(listAgentVersionsQueryKey({ path })) })
  }
  const showWrong = (field: keyof AgentForm | undefined) => {
    if (!field) return
    wrongField.current = field
    if (tab === tabOf(field)) focusWrong()
    else toTab(tabOf(field))
  }
  const focusWrong = () => {
    const field = wrongField.current
    wrongField.current = null
    if (field) setFocus(field)
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when another tab is shown
  useEffect(() => {
    // The tab's content comes one step after its name.
    const frame = requestAnimationFrame(focusWrong)
    return () => cancelAnimationFrame(frame)
  }, [tab])

  const save = useMutation(updateAgentMutation())
  const send = async (values: AgentForm, over: AgentView) => {
    try {
      const saved = await save.mutateAsync({
        path,
        headers: { 'If-Match': `"${over.version}"` },
        body: toBody(values),
      })
      adopt(saved)
      toast.success(t('saved', { version: format.number(saved.version) }))
      return true
    } catch (error) {
      if (toApiError(error).code === 'version_conflict') {
        await queryClient.fetchQuery({ ...getAgentOptions({ path }), staleTime: 0 })
        setComparing(true)
      } else if (toApiError(error).code === 'agent_name_taken') {
        form.setError('name', { type: 'server', message: 'name_taken' })
        showWrong('name')
      } else {
        placeFieldErrors(error, form.setError, SERVER_FIELDS, (code) => code)
        const [first] = toApiError(error).fields.flatMap(({ field }) => SERVER_FIELDS[field] ?? [])
        showWrong(first)
      }
      return false
    }
  }
  const firstWrong = (errors: FieldErrors<AgentForm>) =>
    (Object.keys(toForm(base, base)) as (keyof AgentForm)[]).find((name) => errors[name])
  const submit = form.handleSubmit(
    (values) => void send(values, base),
    (errors) => showWrong(firstWrong(errors)),
  )
  const discard = () => {
    save.reset()
    adopt(agent)
  }
  const refused =
    save.error && !firstWrong(form.formState.errors) && toApiError(save.error).code !== 'version_conflict'

  return (
    <FormProvider {...form}>
      <div className="mx-auto grid w-full max-w-5xl gap-4">
        <PageHeader
          title={<bdi>{agent.name}</bdi>}
          back={<BackLink />}
          className="mb-0"
          badge={
            <>
              <StateBadge active={agent.active} />
              <Badge>{t('version_badge', { version: format.number(agent.version) })}</Badge>
            </>
          }
          actions={
            <>
              {mayChange ? (
                <>
                  <ActiveSwitch agent={agent} base={base} onSaved={(saved) => adopt(saved, true)} />
                  <ArchiveButton agent={agent} onShowAccounts={() => toTab('accounts')} />
                </>
              ) : null}
              {organization.can('operator') ? (
                <Button asChild variant="secondary">
                  <Link to="/playground" search={{ agent: agent.id }}>
                    <FlaskConical aria-hidden="true" className="size-4" />
                    {t('try')}
                  </Link>
                </Button>
              ) : null}
            </>
          }
        />
        {agent.active ? null : <Alert tone="warn">{t('inactive_notice')}</Alert>}
        {mayChange ? null : <Alert>{t('read_only', { role: t(`common:role_${organization.role}`) })}</Alert>}
        <Tabs value={tab} onValueChange={toTab}>
          <TabsList label={t('tabs')}>
            {TABS.map((one) => (
              <TabsTrigger key={one} value={one}>
                {t(`tab_${one}`)}
              </TabsTrigger>
            ))}
          </TabsList>
          <form onSubmit={submit} noValidate>
            <TabsContent value="instructions">
              <InstructionsTab readOnly={!mayChange} />
            </TabsContent>
            <TabsContent value="behaviour">
              <BehaviourTab readOnly={!mayChange} />
            </TabsContent>
            <TabsContent value="model">
              <ModelTab readOnly={!mayChange} agent={base} />
            </TabsContent>
            {isDirty && mayChange ? (
              <div className="sticky bottom-0 z-10 mt-4 grid gap-3 rounded-lg border border-line bg-raised p-3 shadow-float">
                {newer ? (
                  <Alert
                    tone="warn"
                    live="polite"
                    action={
                      <Button variant="secondary" size="sm" onClick={() => setComparing(true)}>
                        {t('newer_compare')}
                      </Button>
                    }
                  >
                    {t('newer_notice', { version: format.number(agent.version) })}
                  </Alert>
                ) : null}
                <ActionError error={refused ? save.error : null} />
                <div className="flex flex-wrap items-center justify-end gap-2">
                  <p className="mr-auto text-muted text-sm max-sm:sr-only">{t('unsaved')}</p>
                  <Button variant="secondary" onClick={discard} disabled={save.isPending}>
                    {t('discard')}
                  </Button>
                  <Button type="submit" pending={save.isPending}>
                    {t('save')}
                  </Button>
                </div>
              </div>
            ) : null}
          </form>
          <TabsContent value="accounts">
            <AccountsTab agent={agent} mayChange={mayChange} />
          </TabsContent>
          <TabsContent value="versions">
            <VersionsTab
              agent={agent}
              mayChange={mayChange}
              dirty={isDirty}
              onRestored={(saved) => adopt(saved)}
            />
          </TabsContent>
        </Tabs>
        <Suspense>
          {comparing ? (
            <ConflictDialog
              base={formOf(base)}
              theirs={formOf(agent)}
              mine={form.getValues()}
              version={agent.version}
              pending={save.isPending}
              error={refused ? save.error : null}
              onTakeTheirs={() => {
                setComparing(false)
                discard()
              }}
              onSave={async (merged) => {
                // What stands in the dialog is in the form too: whatever fails now, nothing is lost.
                setBase(agent)
                setAdopted(agent.version)
                reset(formOf(agent))
                for (const [name, value] of Object.entries(merged))
                  form.setValue(name as keyof AgentForm, value, { shouldDirty: true })
                setComparing(false)
                await form.handleSubmit(
                  (values) => void send(values, agent),
                  (errors) => showWrong(firstWrong(errors)),
                )()
              }}
              onClose={() => setComparing(false)}
            />
          ) : null}
        </Suspense>
        <UnsavedGuard when={isDirty && mayChange} />
      </div>
    </FormProvider>
  )
}
