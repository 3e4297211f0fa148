import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError, toApiError } from '@/api/client'
import { acceptInvitation, lookUpInvitation } from '@/api/gen/sdk.gen'
import type { InvitationPreview } from '@/api/gen/types.gen'
import { chooseOrganization, organizationsOptions } from '@/app/organization'
import { signOut, useSession } from '@/app/session'
import { Alert } from '@/components/ui/alert'
import { Button } from '@/components/ui/button'
import { FormError } from '@/components/ui/form-error'
import { Segmented } from '@/components/ui/segmented'
import { Spinner } from '@/components/ui/spinner'
import { useErrorText } from '@/lib/errors'
import { useFormat } from '@/lib/format'
import { AuthLayout, linkStyle } from './auth-layout'
import { useFragmentToken } from './fragment-token'
import { LoginForm } from './login-form'
import { RegisterForm } from './register-form'

const INVALID = new ApiError({ status: 404, code: 'invitation_invalid' })

/** A link that is wrong in any way is told the same. */
function asInvitationError(error: unknown): ApiError {
  const problem = toApiError(error)
  return problem.status === 404 || problem.status === 422 ? INVALID : problem
}

export function InvitePage() {
  const { t } = useTranslation(['auth', 'common'])
  const token = useFragmentToken()
  const errorText = useErrorText()
  const { data, error, refetch } = useQuery({
    queryKey: ['invitation', token],
    enabled: token !== null,
    queryFn: async () => {
      try {
        const found = await lookUpInvitation({ body: { token: token ?? '' }, throwOnError: true })
        return found.data
      } catch (failed) {
        throw asInvitationError(failed)
      }
    },
  })
  const failure = token ? error : INVALID
  if (failure)
    return (
      <AuthLayout
        title={t('auth:invite_title_plain')}
        footer={
          <Link to="/login" className={linkStyle}>
            {t('auth:to_login')}
          </Link>
        }
      >
        <Alert
          tone="danger"
          live="assertive"
          action={
            failure === INVALID ? undefined : (
              <Button variant="secondary" size="sm" onClick={() => void refetch()}>
                {t('common:try_again')}
              </Button>
            )
          }
        >
          {errorText(failure)}
        </Alert>
      </AuthLayout>
    )
  if (!data || !token)
    return (
      <AuthLayout title={t('auth:invite_title_plain')}>
        <Spinner announce />
      </AuthLayout>
    )
  return <Invitation token={token} invitation={data} />
}

function Invitation({ token, invitation }: { token: string; invitation: InvitationPreview }) {
  const { t } = useTranslation(['auth', 'common'])
  const format = useFormat()
  const { user } = useSession()
  const [known, setKnown] = useState<'new' | 'known'>('new')
  const accept = useAccept(token)
  const { organization_name: organization, email, role, invited_by_name: by, expires_at } = invitation
  const mine = user?.email.toLowerCase() === email.toLowerCase()
  return (
    <AuthLayout
      title={t('auth:invite_title', { organization })}
      text={
        <>
          <p>{t('auth:invite_text', { by, role: t(`common:role_${role}`), email })}</p>
          <p>{t('auth:invite_expires', { date: format.dateTime(expires_at) })}</p>
        </>
      }
    >
      {user && mine && (
        <div className="grid gap-4">
          <FormError error={accept.error ? asInvitationError(accept.error) : null} />
          <Button size="lg" block pending={accept.isPending} onClick={() => accept.mutate()}>
            {t('auth:invite_accept', { organization })}
          </Button>
        </div>
      )}
      {user && !mine && (
        <Alert
          tone="warn"
          action={
            <Button variant="secondary" size="sm" onClick={() => void signOut()}>
              {t('auth:invite_switch')}
            </Button>
          }
        >
          {t('auth:invite_other', { mine: user.email, email })}
        </Alert>
      )}
      {!user && (
        <div className="grid gap-4">
          <Segmented
            label={t('auth:invite_how')}
            options={[
              { value: 'new', label: t('auth:invite_new') },
              { value: 'known', label: t('auth:invite_known') },
            ]}
            value={known}
            onValueChange={setKnown}
          />
          {known === 'new' ? (
            <RegisterForm key="new" fixedEmail={email} submitLabel={t('auth:invite_register')} />
          ) : (
            <LoginForm key="known" fixedEmail={email} submitLabel={t('auth:login_submit')} />
          )}
        </div>
      )}
    </AuthLayout>
  )
}

function useAccept(token: string) {
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  return useMutation({
    mutationFn: async () => (await acceptInvitation({ body: { token }, throwOnError: true })).data,
    onSuccess: async (organization) => {
      chooseOrganization(organization.id)
      await queryClient.invalidateQueries({ queryKey: organizationsOptions.queryKey })
      await navigate({ to: '/client-dashboard', replace: true })
    },
  })
}
