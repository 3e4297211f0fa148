import { Link } from '@tanstack/react-router'
import { CircleUser, LogOut } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import {
  Menu,
  MenuItem,
  MenuLabel,
  MenuRadioGroup,
  MenuRadioItem,
  MenuSeparator,
} from '@/components/ui/dropdown-menu'
import { LANGUAGES, type Language } from '@/i18n'
import { type Theme, useLanguage, useTheme } from '../preferences'
import { useUser } from '../session'
import { chooseLanguage, chooseTheme } from '../user-preferences'
import { barButton } from './switches'
import { UserMark } from './top-bar'

const THEMES = ['system', 'light', 'dark'] as const

export default function UserMenu() {
  const { t } = useTranslation(['shell', 'common'])
  const user = useUser()
  const theme = useTheme()
  const language = useLanguage()
  return (
    <Menu
      trigger={
        <button type="button" className={barButton} aria-label={t('shell:user_menu', { name: user.name })}>
          <UserMark name={user.name} />
        </button>
      }
    >
      <MenuLabel>
        <bdi className="block break-words font-semibold text-fg">{user.name}</bdi>
        <span className="block break-all">{user.email}</span>
      </MenuLabel>
      <MenuItem asChild>
        <Link to="/profile">
          <CircleUser aria-hidden="true" />
          {t('shell:nav_profile')}
        </Link>
      </MenuItem>
      <MenuSeparator />
      <MenuLabel>{t('common:theme')}</MenuLabel>
      <MenuRadioGroup value={theme} onValueChange={(value) => void chooseTheme(value as Theme)}>
        {THEMES.map((value) => (
          <MenuRadioItem key={value} value={value}>
            {t(`common:theme_${value}`)}
          </MenuRadioItem>
        ))}
      </MenuRadioGroup>
      <MenuSeparator />
      <MenuLabel>{t('common:language')}</MenuLabel>
      <MenuRadioGroup value={language} onValueChange={(value) => void chooseLanguage(value as Language)}>
        {LANGUAGES.map((value) => (
          <MenuRadioItem key={value} value={value} lang={value}>
            {t(`common:language_${value}`)}
          </MenuRadioItem>
        ))}
      </MenuRadioGroup>
      <MenuSeparator />
      <MenuItem asChild>
        <Link to="/logout" preload={false}>
          <LogOut aria-hidden="true" />
          {t('common:sign_out')}
        </Link>
      </MenuItem>
    </Menu>
  )
}
