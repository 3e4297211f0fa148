import { ChevronsUpDown } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Menu, MenuLabel, MenuRadioGroup, MenuRadioItem } from '@/components/ui/dropdown-menu'
import { type CurrentOrganization, useOrganizations } from '../organization'
import { useSwitchOrganization } from './switch-organization'
import { barButton } from './switches'

/** Which organization this tab works in. */
export default function OrganizationMenu({ organization }: { organization: CurrentOrganization }) {
  const { t } = useTranslation('shell')
  const organizations = useOrganizations()
  const switchTo = useSwitchOrganization()
  return (
    <Menu
      align="start"
      trigger={
        <button
          type="button"
          className={`${barButton} min-w-0 max-w-full`}
          aria-label={t('organization_switch', { organization: organization.name })}
        >
          <span dir="auto" className="truncate font-semibold">
            {organization.name}
          </span>
          <ChevronsUpDown aria-hidden="true" className="shrink-0" />
        </button>
      }
    >
      <MenuLabel>{t('organizations')}</MenuLabel>
      <MenuRadioGroup value={organization.id} onValueChange={(id) => void switchTo(id)}>
        {organizations.map(({ id, name }) => (
          <MenuRadioItem key={id} value={id}>
            <bdi>{name}</bdi>
          </MenuRadioItem>
        ))}
      </MenuRadioGroup>
    </Menu>
  )
}
