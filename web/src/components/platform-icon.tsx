import * as facebook from '@fortawesome/free-brands-svg-icons/faFacebook'
import * as messenger from '@fortawesome/free-brands-svg-icons/faFacebookMessenger'
import * as instagram from '@fortawesome/free-brands-svg-icons/faInstagram'
import * as whatsapp from '@fortawesome/free-brands-svg-icons/faWhatsapp'
import * as x from '@fortawesome/free-brands-svg-icons/faXTwitter'
import { useTranslation } from 'react-i18next'
import { cn } from '@/lib/cn'

const icons = {
  facebook: { shape: facebook, colour: 'text-facebook', name: 'platform.facebook' },
  messenger: { shape: messenger, colour: 'text-facebook', name: 'platform.messenger' },
  instagram: { shape: instagram, colour: 'text-instagram', name: 'platform.instagram' },
  whatsapp: { shape: whatsapp, colour: 'text-whatsapp', name: 'platform.whatsapp' },
  x: { shape: x, colour: 'text-x', name: 'platform.x' },
  // The API's name for it.
  twitter: { shape: x, colour: 'text-x', name: 'platform.x' },
} as const

export type Platform = keyof typeof icons

export function isPlatform(name: string): name is Platform {
  return Object.hasOwn(icons, name)
}

export type PlatformIconProps = {
  platform: Platform
  /** Speaks the platform's name; without it the icon is decoration beside the name. */
  named?: boolean
  /** Size (default size-5) or place. */
  className?: string
}

/** The sign of a platform in its colour (Font Awesome's shapes, CC BY 4.0). */
export function PlatformIcon({ platform, named, className }: PlatformIconProps) {
  const { t } = useTranslation('ui')
  const { shape, colour, name } = icons[platform]
  return (
    <>
      <svg
        aria-hidden="true"
        viewBox={`0 0 ${shape.width} ${shape.height}`}
        fill="currentColor"
        className={cn('inline-block shrink-0', colour, className ?? 'size-5')}
      >
        <path d={shape.svgPathData} />
      </svg>
      {named ? <span className="sr-only">{t(name)}</span> : null}
    </>
  )
}

/** The platform's name in the language on screen. */
export function usePlatformName(): (platform: Platform) => string {
  const { t } = useTranslation('ui')
  return (platform) => t(icons[platform].name)
}
