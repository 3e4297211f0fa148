import { useQuery } from '@tanstack/react-query'
import { ListFilter } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useUser } from '@/app/session'
import { usePlatformName } from '@/components/platform-icon'
import { Button } from '@/components/ui/button'
import { Checkbox } from '@/components/ui/checkbox'
import { Field } from '@/components/ui/field'
import { IconButton } from '@/components/ui/icon-button'
import { Popover, PopoverClose } from '@/components/ui/popover'
import { Select } from '@/components/ui/select'
import { accountsOptions, membersOptions } from './api'
import { type InboxSearch, PLATFORMS } from './search'

interface Props {
  organizationId: string
  search: InboxSearch
  onChange(change: Partial<InboxSearch>): void
}

/** The filters that are not tabs. They stand in the URL, so that a link shows the same list. */
export function ListFilters({ organizationId, search, onChange }: Props) {
  const { t } = useTranslation('inbox')
  const platformName = usePlatformName()
  const user = useUser()
  const accounts = useQuery(accountsOptions(organizationId)).data?.items ?? []
  const members = useQuery(membersOptions(organizationId)).data?.items ?? []
  const on = Boolean(search.platform || search.account || search.assignee || search.unread)
  return (
    <Popover
      label={t('filters')}
      align="end"
      trigger={
        <IconButton label={on ? t('filters_on') : t('filters')} variant={on ? 'primary' : 'ghost'}>
          <ListFilter aria-hidden="true" />
        </IconButton>
      }
    >
      <div className="grid gap-4">
        <Field label={t('filter_platform')}>
          <Select
            value={search.platform ?? ''}
            placeholder={t('any_platform')}
            options={PLATFORMS.map((platform) => ({ value: platform, label: platformName(platform) }))}
            onChange={(event) =>
              onChange({ platform: PLATFORMS.find((platform) => platform === event.target.value) })
            }
          />
        </Field>
        <Field label={t('filter_account')}>
          <Select
            value={search.account ?? ''}
            placeholder={t('any_account')}
            options={accounts
              .filter((account) => !search.platform || account.platform === search.platform)
              .map((account) => ({ value: account.id, label: account.name }))}
            onChange={(event) => onChange({ account: event.target.value || undefined })}
          />
        </Field>
        <Field label={t('filter_assignee')}>
          <Select
            value={search.assignee ?? ''}
            placeholder={t('anybody')}
            options={[
              { value: user.id, label: t('me') },
              ...members
                .filter((member) => member.user_id !== user.id && member.role !== 'viewer')
                .map((member) => ({ value: member.user_id, label: member.name })),
            ]}
            onChange={(event) => onChange({ assignee: event.target.value || undefined })}
          />
        </Field>
        <Checkbox
          label={t('filter_unread')}
          checked={search.unread ?? false}
          onChange={(event) => onChange({ unread: event.target.checked || undefined })}
        />
        <div className="flex flex-wrap justify-end gap-2">
          {on && (
            <Button
              variant="ghost"
              onClick={() =>
                onChange({ platform: undefined, account: undefined, assignee: undefined, unread: undefined })
              }
            >
              {t('clear_filters')}
            </Button>
          )}
          <PopoverClose>
            <Button>{t('apply')}</Button>
          </PopoverClose>
        </div>
      </div>
    </Popover>
  )
}
