/**
 * Why the platform did not take a message, in classes that people can act on. The server names the platform's code
 * (docs: the table in api/src/channels/meta/errors.rs); its English advice is never shown.
 */
export const FAILURE_KINDS = [
  'window',
  'token',
  'permission',
  'blocked',
  'payment',
  'number',
  'display_name',
  'person',
  'test_number',
  'thread',
  'content',
  'private_reply',
  'opted_out',
  'template',
  'busy',
  'disconnected',
  'gave_up',
  'part',
  'undelivered',
  'not_confirmed',
] as const
export type FailureKind = (typeof FAILURE_KINDS)[number]

const OWN: Record<string, FailureKind> = {
  window_closed: 'window',
  account_disconnected: 'disconnected',
  too_many_attempts: 'gave_up',
  part_failed: 'part',
  connect: 'busy',
  no_answer: 'not_confirmed',
  worker_lost: 'not_confirmed',
  platform: 'undelivered',
}

const BY_SUBCODE: Record<string, FailureKind> = {
  '1/99': 'permission',
  '10/2018065': 'window',
  '10/2018108': 'person',
  '10/2018300': 'thread',
  '100/2018001': 'person',
  '100/2534001': 'person',
  '100/2534014': 'person',
  '100/2534025': 'private_reply',
  '100/2534037': 'person',
  '100/33': 'person',
  '200/1545041': 'person',
}

const BY_CODE: Record<string, FailureKind> = {
  0: 'token',
  3: 'permission',
  4: 'busy',
  10: 'permission',
  17: 'busy',
  32: 'busy',
  33: 'number',
  100: 'content',
  102: 'token',
  190: 'token',
  341: 'busy',
  368: 'blocked',
  506: 'content',
  551: 'person',
  613: 'busy',
  803: 'person',
  1200: 'busy',
  2022: 'content',
  10303: 'content',
  10900: 'private_reply',
  10903: 'private_reply',
  130429: 'busy',
  130472: 'opted_out',
  130497: 'person',
  131000: 'not_confirmed',
  131005: 'permission',
  131008: 'content',
  131009: 'content',
  131016: 'not_confirmed',
  131021: 'content',
  131026: 'person',
  131030: 'test_number',
  131031: 'blocked',
  131037: 'display_name',
  131042: 'payment',
  131044: 'payment',
  131045: 'number',
  131047: 'window',
  131048: 'busy',
  131049: 'opted_out',
  131050: 'opted_out',
  131051: 'content',
  131052: 'content',
  131053: 'content',
  131056: 'busy',
  131057: 'busy',
  131062: 'person',
  131063: 'template',
  131064: 'busy',
  132069: 'busy',
  133000: 'busy',
  133004: 'busy',
  133006: 'number',
  133010: 'number',
  133015: 'busy',
  137000: 'person',
  2018278: 'window',
  2534022: 'window',
}

const RANGES: [number, number, FailureKind][] = [
  [200, 299, 'permission'],
  [80001, 80008, 'busy'],
  [132000, 132068, 'template'],
  [133005, 133016, 'content'],
  [138000, 139103, 'content'],
  [2388000, 2388999, 'template'],
  [2494000, 2494999, 'template'],
]

/** What the code means; `state` decides where the code alone does not: an unknown code of a failed message is final. */
export function failureKind(code: string, state: string): FailureKind {
  const known = ofCode(code)
  if (state === 'unknown') return 'not_confirmed'
  return known && !(known === 'not_confirmed' && state === 'failed') ? known : 'undelivered'
}

function ofCode(code: string): FailureKind | undefined {
  const own = OWN[code] ?? BY_SUBCODE[code]
  if (own) return own
  const [main = '', sub = ''] = code.split('/')
  if (sub === '2018278' || sub === '2534022') return 'window'
  const plain = BY_CODE[main]
  if (plain) return plain
  const number = /^\d+$/.test(main) ? Number(main) : Number.NaN
  return RANGES.find(([from, to]) => number >= from && number <= to)?.[2]
}

/** Which of them are put right at the account's page. */
export function fixedAtAccount(kind: FailureKind): boolean {
  return [
    'token',
    'permission',
    'blocked',
    'payment',
    'number',
    'display_name',
    'disconnected',
    'gave_up',
  ].includes(kind)
}

/** Which of them a person may simply send again as it is. */
export function worthRetrying(kind: FailureKind): boolean {
  return !['window', 'person', 'opted_out', 'private_reply', 'test_number', 'thread'].includes(kind)
}
