import { useQuery } from '@tanstack/react-query'
import { Eye, Lock, Sparkles } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { getOrganizationOptions } from '@/api/gen/@tanstack/react-query.gen'
import { Button } from '@/components/ui/button'
import { cn } from '@/lib/cn'
import { useErrorText } from '@/lib/errors'
import { useFormat } from '@/lib/format'
import { useUser } from '../session'
import { loadNewVersion, useNewVersion } from './new-version'
import { useEndViewing } from './viewing'

const grounds = { info: 'border-info bg-info-soft', warn: 'border-warn bg-warn-soft' }

function Banner({
  tone,
  icon,
  action,
  children,
}: {
  tone: keyof typeof grounds
  icon: ReactNode
  action?: ReactNode
  children: ReactNode
}) {
  return (
    <div
      className={cn(
        'flex flex-wrap items-center gap-x-3 gap-y-1 border-b px-4 py-1.5 text-sm [&>svg]:size-4 [&>svg]:shrink-0',
        grounds[tone],
      )}
    >
      {icon}
      <div className="min-w-0 flex-1 basis-48">{children}</div>
      {action}
    </div>
  )
}

export function NewVersionBanner() {
  const { t } = useTranslation(['shell', 'common'])
  const ready = useNewVersion()
  return (
    <div role="status">
      {ready && (
        <Banner
          tone="info"
          icon={<Sparkles aria-hidden="true" />}
          action={
            <Button size="sm" onClick={loadNewVersion}>
              {t('common:load_new_version')}
            </Button>
          }
        >
          {t('shell:new_version')}
        </Banner>
      )}
    </div>
  )
}

/** A platform admin must never forget whose data this is. */
export function ViewingBanner() {
  const { t } = useTranslation('shell')
  const format = useFormat()
  const errorText = useErrorText()
  const { viewing } = useUser()
  const end = useEndViewing()
  if (!viewing) return null
  return (
    <Banner
      tone="warn"
      icon={<Eye aria-hidden="true" />}
      action={
        <Button
          size="sm"
          variant="secondary"
          pending={end.isPending}
          onClick={() => end.mutate(viewing.organization_id)}
        >
          {t('end_viewing')}
        </Button>
      }
    >
      <p>{t('viewing', { organization: viewing.name, time: format.time(viewing.until) })}</p>
      {end.error && (
        <p role="alert" className="text-danger">
          {errorText(end.error)}
        </p>
      )}
    </Banner>
  )
}

export function SuspendedBanner({ organizationId }: { organizationId: string }) {
  const { t } = useTranslation('shell')
  const { data } = useQuery(getOrganizationOptions({ path: { organization_id: organizationId } }))
  if (!data?.suspended_at) return null
  return (
    <Banner tone="warn" icon={<Lock aria-hidden="true" />}>
      <p className="font-semibold">{t('suspended')}</p>
      {data.suspended_reason && <p dir="auto">{t('suspended_reason', { reason: data.suspended_reason })}</p>}
    </Banner>
  )
}
