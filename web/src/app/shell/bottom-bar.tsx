import { Link, useLocation } from '@tanstack/react-router'
import { Ellipsis } from 'lucide-react'
import { lazy, Suspense, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type placesFor, splitForBottomBar } from './navigation'
import { WaitingBadge } from './waiting-badge'

const MoreSheet = lazy(() => import('./more-sheet'))

const item =
  'tap relative flex min-w-0 flex-1 flex-col items-center justify-center gap-0.5 py-1 text-center text-sm'

interface Props {
  places: ReturnType<typeof placesFor>
  waiting: number
}

/** The phone's navigation: at most five things, icon over name. */
export function BottomBar({ places, waiting }: Props) {
  const { t } = useTranslation('shell')
  const { pathname } = useLocation()
  const [open, setOpen] = useState(false)
  const { bar, more } = splitForBottomBar(places)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the sheet goes when another page comes
  useEffect(() => setOpen(false), [pathname])
  const inMore = more.some(({ to }) => pathname.startsWith(to))
  return (
    <nav
      aria-label={t('navigation')}
      className="shrink-0 border-line border-t bg-panel pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      <ul className="flex">
        {bar.map(({ to, text, icon: Icon }) => (
          <li key={to} className="flex min-w-0 flex-1">
            <Link
              to={to}
              className={`${item} aria-[current=page]:font-semibold aria-[current=page]:text-brand`}
            >
              <Icon aria-hidden="true" className="size-5 shrink-0" />
              <span className="max-w-full truncate">{t(`${text}`)}</span>
              {to === '/inbox' && (
                <WaitingBadge waiting={waiting} className="absolute top-0.5 left-1/2 ml-1.5" />
              )}
            </Link>
          </li>
        ))}
        <li className="flex min-w-0 flex-1">
          <button
            type="button"
            aria-haspopup="dialog"
            aria-expanded={open}
            onClick={() => setOpen(true)}
            className={`${item} ${inMore ? 'font-semibold text-brand' : ''}`}
          >
            <Ellipsis aria-hidden="true" className="size-5 shrink-0" />
            <span className="max-w-full truncate">{t('nav_more')}</span>
          </button>
        </li>
      </ul>
      <Suspense>{open && <MoreSheet places={more} onClose={() => setOpen(false)} />}</Suspense>
    </nav>
  )
}
