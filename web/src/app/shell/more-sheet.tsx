import { Link } from '@tanstack/react-router'
import { CircleUser, LogOut } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Sheet } from '@/components/ui/sheet'
import type { placesFor } from './navigation'

const row =
  'tap flex items-center gap-3 rounded-md px-3 py-2 hover:bg-hover aria-[current=page]:bg-brand-soft aria-[current=page]:font-semibold aria-[current=page]:text-brand'

interface Props {
  places: ReturnType<typeof placesFor>
  onClose(): void
}

/** Everything that has no room in the phone's bottom bar. */
export default function MoreSheet({ places, onClose }: Props) {
  const { t } = useTranslation(['shell', 'common'])
  return (
    <Sheet open side="bottom" title={t('shell:nav_more')} onOpenChange={(open) => !open && onClose()}>
      <nav aria-label={t('shell:nav_more')}>
        <ul className="grid gap-1">
          {places.map(({ to, text, icon: Icon }) => (
            <li key={to}>
              <Link to={to} className={row} onClick={onClose}>
                <Icon aria-hidden="true" className="size-5 shrink-0" />
                {t(`shell:${text}`)}
              </Link>
            </li>
          ))}
          <li>
            <Link to="/profile" className={row} onClick={onClose}>
              <CircleUser aria-hidden="true" className="size-5 shrink-0" />
              {t('shell:nav_profile')}
            </Link>
          </li>
          <li>
            <Link to="/logout" preload={false} className={row} onClick={onClose}>
              <LogOut aria-hidden="true" className="size-5 shrink-0" />
              {t('common:sign_out')}
            </Link>
          </li>
        </ul>
      </nav>
    </Sheet>
  )
}
