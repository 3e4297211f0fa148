import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Monitor, Smartphone } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { listMySessionsOptions, listMySessionsQueryKey } from '@/api/gen/@tanstack/react-query.gen'
import { endMySession, logOutEverywhere } from '@/api/gen/sdk.gen'
import type { SessionView } from '@/api/gen/types.gen'
import { signOut } from '@/app/session'
import { QueryError } from '@/components/api-error'
import { Alert } from '@/components/ui/alert'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { ConfirmDialog } from '@/components/ui/confirm-dialog'
import { SkeletonLines } from '@/components/ui/skeleton'
import { Time } from '@/components/ui/time'
import { useErrorText } from '@/lib/errors'
import { deviceOf } from './device'

export function SessionsCard() {
  const { t } = useTranslation('profile')
  const errorText = useErrorText()
  const navigate = useNavigate()
  const [asking, setAsking] = useState(false)
  const sessions = useQuery(listMySessionsOptions())
  const everywhere = useMutation({
    mutationFn: () => logOutEverywhere({ throwOnError: true }),
    onSuccess: async () => {
      await signOut()
      await navigate({ to: '/login' })
    },
  })
  return (
    <Card
      title={t('sessions_title')}
      description={t('sessions_text')}
      actions={
        <Button variant="secondary" onClick={() => setAsking(true)}>
          {t('everywhere')}
        </Button>
      }
    >
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={t('everywhere_title')}
        description={t('everywhere_text')}
        confirmLabel={t('everywhere')}
        onConfirm={() => everywhere.mutateAsync()}
        error={everywhere.error ? errorText(everywhere.error) : undefined}
      />
      {sessions.isPending && <SkeletonLines />}
      {sessions.isError && (
        <QueryError
          error={sessions.error}
          level={3}
          pending={sessions.isFetching}
          onRetry={() => void sessions.refetch()}
        />
      )}
      {sessions.data && (
        <ul className="divide-y divide-line">
          {sessions.data.items.map((session) => (
            <SessionRow key={session.id} session={session} />
          ))}
        </ul>
      )}
    </Card>
  )
}

function SessionRow({ session }: { session: SessionView }) {
  const { t } = useTranslation('profile')
  const errorText = useErrorText()
  const queryClient = useQueryClient()
  const end = useMutation({
    mutationFn: () => endMySession({ path: { session_id: session.id }, throwOnError: true }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: listMySessionsQueryKey() }),
  })
  const { name, phone } = deviceOf(session.user_agent)
  const device = name ?? t('device_unknown')
  const Icon = phone ? Smartphone : Monitor
  return (
    <li className="flex flex-wrap items-center gap-3 py-3">
      <Icon aria-hidden="true" className="size-5 shrink-0 text-muted" />
      <div className="min-w-0 flex-1 basis-40 text-sm">
        <p className="flex flex-wrap items-center gap-2">
          <bdi className="break-words font-semibold" title={session.user_agent}>
            {device}
          </bdi>
          {session.current && <Badge tone="ok">{t('this_device')}</Badge>}
          {session.ended_at && <Badge tone="danger">{t('session_ended')}</Badge>}
        </p>
        <p className="text-muted">
          {t('last_used')} <Time value={session.last_used_at} />
        </p>
        {session.ended_reason === 'refresh_token_reused' && (
          <Alert tone="warn" className="mt-2">
            {t('session_stolen')}
          </Alert>
        )}
        {end.error && (
          <p role="alert" className="text-danger">
            {errorText(end.error)}
          </p>
        )}
      </div>
      {!session.current && !session.ended_at && (
        <Button
          variant="secondary"
          size="sm"
          pending={end.isPending}
          onClick={() => end.mutate()}
          aria-label={t('end_session_of', { device })}
        >
          {t('end_session')}
        </Button>
      )}
    </li>
  )
}
