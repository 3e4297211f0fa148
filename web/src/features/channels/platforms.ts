/** What the app knows of each platform that can be connected; the rest is told by the server. */
export const PLATFORMS = ['facebook', 'instagram', 'whatsapp'] as const
export type Platform = (typeof PLATFORMS)[number]

export function isPlatform(value: string): value is Platform {
  return PLATFORMS.some((platform) => platform === value)
}

/** The webhook fields to tick in Meta's dashboard (connect guides in docs/); names as Meta shows them. */
export const WEBHOOK_FIELDS: Record<Platform, readonly string[]> = {
  facebook: [
    'messages',
    'messaging_postbacks',
    'message_echoes',
    'message_deliveries',
    'message_reads',
    'message_reactions',
  ],
  instagram: ['messages', 'messaging_postbacks', 'messaging_seen', 'message_reactions', 'comments'],
  whatsapp: ['messages'],
}

/** A token that ends within this time is worth a warning. */
const SOON_MS = 7 * 86_400_000

export function tokenState(
  expiresAt: string | null | undefined,
  now = Date.now(),
): 'unknown' | 'good' | 'soon' | 'expired' {
  if (!expiresAt) return 'unknown'
  const left = new Date(expiresAt).getTime() - now
  if (left <= 0) return 'expired'
  return left < SOON_MS ? 'soon' : 'good'
}
