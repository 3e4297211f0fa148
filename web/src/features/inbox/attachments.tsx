/** What came with a message, as words and links. Nothing of it is loaded here: neither pictures nor previews. */
import { FileText, Image, Link2, MapPin, Mic, ShoppingBag, Sticker, UserRound, Video } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { safeHref } from '@/lib/text'
import { isRecord } from './message-context'
import { kindName } from './names'

interface Attachment {
  kind: string
  url?: string
  name?: string
  details?: unknown
}

const ICONS = {
  image: Image,
  audio: Mic,
  video: Video,
  file: FileText,
  sticker: Sticker,
  location: MapPin,
  contacts: UserRound,
  order: ShoppingBag,
  share: Link2,
}

/** The platforms' own names of kinds, as ours. */
const SAME: Record<string, keyof typeof ICONS> = {
  document: 'file',
  voice: 'audio',
  contact: 'contacts',
  fallback: 'share',
  ig_reel: 'video',
  reel: 'video',
  animated_image: 'image',
}

/** Reads what the server passes on as received: nothing about its shape is sure. */
export function readAttachments(value: unknown): Attachment[] {
  if (!Array.isArray(value)) return []
  return value.filter(isRecord).map((one) => ({
    kind: typeof one['kind'] === 'string' ? one['kind'] : 'unsupported',
    url: typeof one['url'] === 'string' ? one['url'] : undefined,
    name: typeof one['name'] === 'string' ? one['name'] : undefined,
    details: one['details'],
  }))
}

function coordinates(details: unknown): { latitude: number; longitude: number } | null {
  const place = isRecord(details) && isRecord(details['payload']) ? details['payload'] : details
  const point = isRecord(place) && isRecord(place['coordinates']) ? place['coordinates'] : place
  if (!isRecord(point)) return null
  const latitude = Number(point['latitude'] ?? point['lat'])
  const longitude = Number(point['longitude'] ?? point['long'])
  return Number.isFinite(latitude) && Number.isFinite(longitude) ? { latitude, longitude } : null
}

export function Attachments({ value, messageKind }: { value: unknown; messageKind: string }) {
  const { t } = useTranslation('inbox')
  const all = readAttachments(value)
  if (all.length === 0) return null
  return (
    <ul className="grid gap-1">
      {all.map((one, at) => {
        const kind = SAME[one.kind] ?? (one.kind in ICONS ? (one.kind as keyof typeof ICONS) : undefined)
        const Icon = kind ? ICONS[kind] : FileText
        const label = kindName(t, kind ?? messageKind)
        const href = one.url ? safeHref(one.url) : null
        const point = kind === 'location' ? coordinates(one.details) : null
        const name = one.name ? `${label}: ${one.name}` : label
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: attachments of one message do not change places
          <li key={at} className="flex min-w-0 items-start gap-2">
            <Icon aria-hidden="true" className="mt-0.5 size-5 shrink-0 text-muted" />
            <span className="min-w-0 break-words text-sm">
              {href ? (
                <a
                  href={href}
                  target="_blank"
                  rel="noopener noreferrer nofollow"
                  title={t('attachment_hint')}
                  className="text-info underline"
                >
                  {t('attachment_open', { name })}
                </a>
              ) : (
                <>
                  <span className="block">{name}</span>
                  {!point && <span className="block text-muted">{t('attachment_elsewhere')}</span>}
                </>
              )}
              {point && (
                <a
                  href={`https://www.openstreetmap.org/?mlat=${point.latitude}&mlon=${point.longitude}#map=16/${point.latitude}/${point.longitude}`}
                  target="_blank"
                  rel="noopener noreferrer nofollow"
                  className="block text-info underline"
                >
                  {t('coordinates', { latitude: String(point.latitude), longitude: String(point.longitude) })}
                </a>
              )}
            </span>
          </li>
        )
      })}
    </ul>
  )
}
