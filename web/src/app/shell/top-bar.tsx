import { CircleQuestionMark, Search } from 'lucide-react'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { initials } from '@/lib/text'
import type { CurrentOrganization } from '../organization'
import { useOrganizations } from '../organization'
import { useUser } from '../session'
import { barButton, LanguageSwitch } from './switches'

const OrganizationMenu = lazy(() => import('./organization-menu'))
const UserMenu = lazy(() => import('./user-menu'))

interface Props {
  organization: CurrentOrganization | null
  onSearch(): void
  onHelp(): void
}

export function TopBar({ organization, onSearch, onHelp }: Props) {
  const { t } = useTranslation('shell')
  const user = useUser()
  return (
    <header className="flex shrink-0 items-center gap-1 border-line border-b bg-bg px-2 py-1 sm:px-4">
      <div className="min-w-0 flex-1">
        <OrganizationName organization={organization} />
      </div>
      <button
        type="button"
        className={barButton}
        onClick={onSearch}
        aria-label={t('palette_title')}
        aria-haspopup="dialog"
      >
        <Search aria-hidden="true" />
        <span aria-hidden="true" className="hidden pr-1 text-muted lg:inline">
          {t('palette_short')}
        </span>
      </button>
      <button
        type="button"
        className={`${barButton} max-md:hidden`}
        onClick={onHelp}
        aria-label={t('shortcuts_title')}
        aria-haspopup="dialog"
        title={t('shortcuts_title')}
      >
        <CircleQuestionMark aria-hidden="true" />
      </button>
      <LanguageSwitch />
      <Suspense
        fallback={
          <span className={barButton}>
            <UserMark name={user.name} />
          </span>
        }
      >
        <UserMenu />
      </Suspense>
    </header>
  )
}

export function UserMark({ name }: { name: string }) {
  return (
    <span
      aria-hidden="true"
      className="inline-flex size-8 items-center justify-center rounded-full bg-brand-soft font-semibold text-brand text-sm"
    >
      {initials(name)}
    </span>
  )
}

function OrganizationName({ organization }: { organization: CurrentOrganization | null }) {
  const organizations = useOrganizations()
  if (!organization) return null
  const name = (
    <span dir="auto" className="truncate font-semibold">
      {organization.name}
    </span>
  )
  if (organizations.length < 2 && !organization.viewing)
    return <p className="flex min-w-0 px-2 text-sm">{name}</p>
  return (
    <Suspense fallback={<p className="flex min-w-0 px-2 text-sm">{name}</p>}>
      <OrganizationMenu organization={organization} />
    </Suspense>
  )
}
