import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { listAgentsOptions, listSocialAccountsOptions } from '@/api/gen/@tanstack/react-query.gen'
import { useOrganization } from '@/app/organization'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { Segmented } from '@/components/ui/segmented'
import { Select } from '@/components/ui/select'
import { isValid, lastDays, length, type Range, today } from '@/lib/days'

const route = getRouteApi('/_app/analytics')
const PRESETS = ['7', '30', '90'] as const
type Preset = (typeof PRESETS)[number] | 'own'

function presetOf(range: Range): Preset {
  const days = String(length(range)) as Preset
  return range.to === today() && PRESETS.some((preset) => preset === days) ? days : 'own'
}

export function Filters({ range }: { range: Range }) {
  const { t } = useTranslation('analytics')
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const organization = useOrganization()
  const path = { organization_id: organization.id }
  const accounts = useQuery(listSocialAccountsOptions({ path, query: { limit: 100 } }))
  const agents = useQuery(listAgentsOptions({ path, query: { limit: 100 } }))
  const [own, setOwn] = useState(presetOf(range) === 'own')
  const [typed, setTyped] = useState(range)
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true })
  const choose = (preset: Preset) => {
    setOwn(preset === 'own')
    if (preset === 'own') return
    const next = lastDays(Number(preset))
    setTyped(next)
    change(next)
  }
  const type = (next: Range) => {
    setTyped(next)
    if (isValid(next)) change(next)
  }
  // Back, or the button of the empty page, changed the range: the fields follow.
  const { from, to } = range
  const latest = useRef(typed)
  useEffect(() => {
    latest.current = typed
  })
  useEffect(() => {
    if (latest.current.from === from && latest.current.to === to) return
    setTyped({ from, to })
    setOwn(presetOf({ from, to }) === 'own')
  }, [from, to])
  const wrong = own && !isValid(typed) ? t('range_wrong') : undefined
  return (
    <div className="flex flex-wrap items-end gap-4">
      <div>
        <Segmented<Preset>
          label={t('range')}
          value={own ? 'own' : presetOf(range)}
          onValueChange={choose}
          options={[
            { value: '7', label: t('range_7') },
            { value: '30', label: t('range_30') },
            { value: '90', label: t('range_90') },
            { value: 'own', label: t('range_own') },
          ]}
        />
      </div>
      {own ? (
        <>
          <Field label={t('from')} error={wrong}>
            <Input
              type="date"
              value={typed.from}
              max={typed.to}
              onChange={(event) => type({ ...typed, from: event.target.value })}
            />
          </Field>
          <Field label={t('to')}>
            <Input
              type="date"
              value={typed.to}
              min={typed.from}
              onChange={(event) => type({ ...typed, to: event.target.value })}
            />
          </Field>
        </>
      ) : null}
      <Field label={t('account')}>
        <Select
          value={search.account ?? ''}
          onChange={(event) => change({ account: event.target.value || undefined })}
          placeholder={t('all_accounts')}
          options={accounts.data?.items.map(({ id, name }) => ({ value: id, label: name }))}
        />
      </Field>
      <Field label={t('agent')}>
        <Select
          value={search.agent ?? ''}
          onChange={(event) => change({ agent: event.target.value || undefined })}
          placeholder={t('all_agents')}
          options={agents.data?.items.map(({ id, name }) => ({ value: id, label: name }))}
        />
      </Field>
    </div>
  )
}
