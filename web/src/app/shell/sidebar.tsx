import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { placesFor } from './navigation'
import { WaitingBadge } from './waiting-badge'

interface Props {
  places: ReturnType<typeof placesFor>
  waiting: number
}

/** Icons over their names from 768 px, beside them from 1280 px; phones have the bottom bar. */
export function Sidebar({ places, waiting }: Props) {
  const { t } = useTranslation(['shell', 'common'])
  return (
    <nav
      aria-label={t('shell:navigation')}
      className="hidden w-24 shrink-0 flex-col overflow-y-auto border-line border-r bg-panel md:flex xl:w-56"
    >
      <Link
        to="/client-dashboard"
        className="tap m-2 flex items-center justify-center gap-2 rounded-md font-semibold xl:justify-start xl:px-2"
      >
        <img src="/favicon.svg" alt="" className="size-7" />
        <span className="max-xl:sr-only">{t('common:app_name')}</span>
      </Link>
      <ul className="grid gap-1 px-2 pb-4">
        {places.map(({ to, text, icon: Icon }) => (
          <li key={to}>
            <Link
              to={to}
              className="tap relative flex flex-col items-center justify-center gap-0.5 rounded-md px-1 py-1.5 text-center text-sm hover:bg-hover aria-[current=page]:bg-brand-soft aria-[current=page]:font-semibold aria-[current=page]:text-brand xl:flex-row xl:justify-start xl:gap-3 xl:px-3 xl:text-left"
            >
              <Icon aria-hidden="true" className="size-5 shrink-0" />
              <span className="max-w-full xl:flex-1">{t(`shell:${text}`)}</span>
              {to === '/inbox' && (
                <WaitingBadge waiting={waiting} className="max-xl:absolute max-xl:top-1 max-xl:right-3" />
              )}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
