/** Text helpers that know Bangla: a conjunct such as "ক্ষ" is one character to its reader, not three. */

const segmenters = new Map<string, Intl.Segmenter>()

function segmenter(granularity: 'grapheme' | 'word'): Intl.Segmenter {
  let found = segmenters.get(granularity)
  if (!found) {
    found = new Intl.Segmenter('bn', { granularity })
    segmenters.set(granularity, found)
  }
  return found
}

/** The characters as a reader counts them. */
export function graphemes(text: string): string[] {
  return Array.from(segmenter('grapheme').segment(text), (s) => s.segment)
}

/**
 * One or two letters for an avatar: first of the first word and first of the last; of Bangla only one, whose signs make it
 * wide. "?" when there is none.
 */
export function initials(name: string): string {
  const words = name
    .trim()
    .split(/\s+/u)
    .map((word) => graphemes(word).find((g) => /[\p{L}\p{N}]/u.test(g)))
    .filter((g) => g !== undefined)
  const first = words[0]
  if (!first) return '?'
  const narrow = /^\p{Script=Latin}/u.test(first)
  const last = narrow && words.length > 1 ? words[words.length - 1] : undefined
  return `${first}${last ?? ''}`.toLocaleUpperCase('en')
}

/** At most `max` characters; cut between characters (at a word's end when one is near) and marked with "…". */
export function cutText(text: string, max: number): string {
  // A character may take many code units but never less than one: short texts need no segmenting.
  if (text.length <= max) return text
  const all = graphemes(text)
  if (all.length <= max) return text
  const kept = all.slice(0, Math.max(1, max - 1))
  const space = kept.lastIndexOf(' ')
  const end = space > kept.length * 0.7 ? space : kept.length
  return `${kept.slice(0, end).join('').trimEnd()}…`
}

export type TextSegment = { kind: 'text'; text: string } | { kind: 'link'; text: string; href: string }

const candidate =
  /(?<![\p{L}\p{N}_])(?:https?:\/\/|mailto:|tel:|www\.)[^\s<>"'`]+|(?<![\p{L}\p{N}._%+@-])[\w.%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+/giu

const allowed = new Set(['https:', 'http:', 'mailto:', 'tel:'])

/** The address when it may become a link (R72: only https, http, mailto and tel), otherwise null. */
export function safeHref(address: string): string | null {
  try {
    const url = new URL(address)
    if (!allowed.has(url.protocol)) return null
    // "https://bank.example@evil.example" shows one place and opens another.
    if (url.username || url.password) return null
    return url.href
  } catch {
    return null
  }
}

/** Splits what a person or a model wrote into plain text and harmless links. Everything stays text otherwise. */
export function linkify(text: string): TextSegment[] {
  const out: TextSegment[] = []
  let at = 0
  const plain = (piece: string) => {
    if (!piece) return
    const before = out[out.length - 1]
    if (before?.kind === 'text') before.text += piece
    else out.push({ kind: 'text', text: piece })
  }
  for (const match of text.matchAll(candidate)) {
    const shown = trimEnd(match[0])
    const address = /^www\./i.test(shown)
      ? `https://${shown}`
      : /^(?:https?|mailto|tel):/i.test(shown)
        ? shown
        : `mailto:${shown}`
    const href = safeHref(address)
    plain(text.slice(at, match.index))
    if (href) out.push({ kind: 'link', text: shown, href })
    else plain(shown)
    at = match.index + shown.length
  }
  plain(text.slice(at))
  return out
}

/** A full stop, dari or bracket after an address belongs to the sentence. */
function trimEnd(address: string): string {
  let end = address.length
  while (end > 0) {
    const last = address.charAt(end - 1)
    if (/[.,;:!?…।॥*]/u.test(last)) end -= 1
    else if (last === ')' && !address.slice(0, end).includes('(')) end -= 1
    else if (last === ']' && !address.slice(0, end).includes('[')) end -= 1
    else break
  }
  return address.slice(0, end)
}
