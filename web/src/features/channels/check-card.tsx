import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Stethoscope } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import {
  checkSocialAccountMutation,
  getSocialAccountQueryKey,
  listSocialAccountsQueryKey,
} from '@/api/gen/@tanstack/react-query.gen'
import type { AccountCheckView, SocialAccountView } from '@/api/gen/types.gen'
import { anyOf } from '@/api/pages'
import { useOrganization } from '@/app/organization'
import { ActionError } from '@/components/api-error'
import { Alert } from '@/components/ui/alert'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'

/** Asks the platform, and names what is missing. */
export function CheckCard({ account }: { account: SocialAccountView }) {
  const { t } = useTranslation('channels')
  const organization = useOrganization()
  const queryClient = useQueryClient()
  const path = { organization_id: organization.id }
  const check = useMutation({
    ...checkSocialAccountMutation(),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: anyOf(listSocialAccountsQueryKey({ path })) })
      await queryClient.invalidateQueries({
        queryKey: anyOf(getSocialAccountQueryKey({ path: { ...path, account_id: account.id } })),
      })
    },
  })
  return (
    <Card
      title={t('check_title')}
      description={t('check_text')}
      actions={
        organization.can('operator') ? (
          <Button
            variant="secondary"
            pending={check.isPending}
            icon={<Stethoscope aria-hidden="true" className="size-4" />}
            onClick={() => check.mutate({ path: { ...path, account_id: account.id } })}
          >
            {t('check')}
          </Button>
        ) : null
      }
    >
      {check.data ? <Found found={check.data} /> : null}
      <ActionError error={check.error} />
    </Card>
  )
}

function Found({ found }: { found: AccountCheckView }) {
  const { t } = useTranslation('channels')
  const name = found.account_name ? <p>{t('checked_name', { name: found.account_name })}</p> : null
  if (!found.token_works) {
    return (
      <Alert tone="danger" live="polite" title={t('check_dead')}>
        {t('check_dead_text')}
      </Alert>
    )
  }
  if (found.missing_permissions.length > 0) {
    return (
      <Alert tone="warn" live="polite" title={t('check_missing')}>
        {name}
        <ul className="my-2 list-disc ps-5">
          {found.missing_permissions.map((permission) => (
            <li key={permission}>
              <code className="break-all">{permission}</code>
            </li>
          ))}
        </ul>
        {t('check_missing_text')}
      </Alert>
    )
  }
  return (
    <Alert tone="ok" live="polite" title={t('check_ok')}>
      {name}
    </Alert>
  )
}
