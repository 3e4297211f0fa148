import { Link } from '@tanstack/react-router'
import { CircleCheck, CircleDashed } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { OnboardingView } from '@/api/gen/types.gen'
import { type Role, useOrganization } from '@/app/organization'
import { Button, buttonStyle } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { useFormat } from '@/lib/format'

const STEPS = [
  { key: 'profile', to: '/settings', role: 'admin' },
  { key: 'agent', to: '/agents/new', role: 'admin' },
  { key: 'knowledge', to: '/knowledge', role: 'operator' },
  { key: 'account', to: '/social/accounts', role: 'admin' },
  { key: 'playground', to: '/playground', role: 'operator' },
  { key: 'live', to: '/social/accounts', role: 'admin' },
] as const satisfies { key: keyof OnboardingView; to: string; role: Role }[]

const hiddenKey = (organizationId: string) => `banglachat.first-steps-hidden.${organizationId}`

function readHidden(organizationId: string) {
  try {
    return localStorage.getItem(hiddenKey(organizationId)) === 'yes'
  } catch {
    return false
  }
}

function storeHidden(organizationId: string, hidden: boolean) {
  try {
    if (hidden) localStorage.setItem(hiddenKey(organizationId), 'yes')
    else localStorage.removeItem(hiddenKey(organizationId))
  } catch {
    // Without storage the list comes back at the next visit.
  }
}

/** The first steps, each done when the server says so. Gone when all are done; can be hidden before. */
export function FirstSteps({ facts }: { facts: OnboardingView }) {
  const { t } = useTranslation('onboarding')
  const format = useFormat()
  const organization = useOrganization()
  const [hidden, setHidden] = useState(() => readHidden(organization.id))
  const done = STEPS.filter(({ key }) => facts[key]).length
  if (done === STEPS.length) return null
  const toggle = (next: boolean) => {
    storeHidden(organization.id, next)
    setHidden(next)
  }
  if (hidden) {
    return (
      <div>
        <Button variant="ghost" size="sm" onClick={() => toggle(false)}>
          {t('show')}
        </Button>
      </div>
    )
  }
  const next = STEPS.find(({ key }) => !facts[key])
  return (
    <Card
      title={t('title')}
      description={t('progress', { done: format.number(done), total: format.number(STEPS.length) })}
      actions={
        <Button variant="ghost" size="sm" onClick={() => toggle(true)}>
          {t('dismiss')}
        </Button>
      }
    >
      <ol className="grid gap-1">
        {STEPS.map(({ key, to, role }) => (
          <li
            key={key}
            className="flex flex-wrap items-center gap-x-3 gap-y-1 rounded-md px-2 py-2 odd:bg-panel"
          >
            {facts[key] ? (
              <CircleCheck aria-hidden="true" className="size-6 shrink-0 text-ok" />
            ) : (
              <CircleDashed aria-hidden="true" className="size-6 shrink-0 text-muted" />
            )}
            <span className="min-w-0 flex-1 basis-56">
              <span className="block font-semibold">
                {t(key)} <span className="sr-only">({facts[key] ? t('done') : t('todo')})</span>
              </span>
              {facts[key] ? null : <span className="block text-muted text-sm">{t(`${key}_text`)}</span>}
            </span>
            {facts[key] || !organization.can(role) ? null : (
              <Link
                to={to}
                className={buttonStyle({ variant: key === next?.key ? 'primary' : 'secondary', size: 'sm' })}
              >
                {t(`${key}_action`)}
              </Link>
            )}
          </li>
        ))}
      </ol>
    </Card>
  )
}
