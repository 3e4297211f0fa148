import { useTranslation } from 'react-i18next'
import { cn } from '@/lib/cn'
import { parseNumber, useFormat } from '@/lib/format'
import { type DiffLine, diffLines } from './diff'
import type { AgentForm, Unit } from './form'

/** Lines around a change that are shown; longer stretches without one are folded. */
const CONTEXT = 2

/** Texts are compared line by line; the other fields as a whole. */
export const TEXT_UNITS: ReadonlySet<Unit> = new Set(['system_prompt', 'fallback_text'])

/** A unit of one side, in words. */
function useUnitText() {
  const { t } = useTranslation('agents')
  const format = useFormat()
  const number = (text: string) => format.number(parseNumber(text))
  return (unit: Unit, form: AgentForm): string => {
    switch (unit) {
      case 'language':
        return t(`language_${form.language}`)
      case 'temperature':
        return format.number(form.temperature)
      case 'quiet_seconds':
        return t('seconds', { count: form.quiet_seconds, value: format.number(form.quiet_seconds) })
      case 'max_answer_tokens':
      case 'history_budget_tokens':
        return number(form[unit])
      case 'model': {
        if (form.provider === 'knowledge') return t('built_in')
        const prices =
          form.input_price || form.output_price
            ? t('value_price', {
                input: format.usd(parseNumber(form.input_price)),
                output: format.usd(parseNumber(form.output_price)),
              })
            : null
        const key = form.api_key ? t('conflict_key_typed') : form.no_key ? t('no_key') : null
        return [form.model, form.base_url, prices, key].filter(Boolean).join('\n')
      }
      default:
        return form[unit] === '' ? t('value_empty') : form[unit]
    }
  }
}

/** One field of two sides: the lines of a text, or the values beside each other. */
export function UnitDiff({
  unit,
  before,
  after,
  names,
}: {
  unit: Unit
  before: AgentForm
  after: AgentForm
  /** What the two sides are called. */
  names: [string, string]
}) {
  const text = useUnitText()
  if (TEXT_UNITS.has(unit))
    return (
      <LineDiff
        before={String(before[unit as 'system_prompt'])}
        after={String(after[unit as 'system_prompt'])}
      />
    )
  return (
    <dl className="grid gap-2 sm:grid-cols-2">
      {[before, after].map((side, at) => (
        <div key={names[at]} className="min-w-0 rounded-md border border-line p-2">
          <dt className="text-muted text-sm">{names[at]}</dt>
          <dd className="message-text text-sm" dir="auto">
            {text(unit, side)}
          </dd>
        </div>
      ))}
    </dl>
  )
}

const look = { same: '', added: 'bg-ok-soft', removed: 'bg-danger-soft' }
const sign = { same: ' ', added: '+', removed: '−' }

function LineDiff({ before, after }: { before: string; after: string }) {
  const { t } = useTranslation('agents')
  const format = useFormat()
  return (
    <ol className="overflow-hidden rounded-md border border-line text-sm">
      {fold(diffLines(before, after)).map((row) =>
        'folded' in row ? (
          <li key={row.at} className="border-y bg-panel px-2 text-center text-muted">
            {t('diff_unchanged', { count: row.folded, number: format.number(row.folded) })}
          </li>
        ) : (
          <li key={row.at} className={cn('flex gap-2 px-2', look[row.kind])}>
            <span aria-hidden="true" className="w-3 shrink-0 select-none text-center">
              {sign[row.kind]}
            </span>
            {row.kind === 'same' ? null : (
              <span className="sr-only">{row.kind === 'added' ? t('line_added') : t('line_removed')} </span>
            )}
            <span className="message-text min-w-0 flex-1" dir="auto">
              {row.text === '' ? '\u00a0' : row.text}
            </span>
          </li>
        ),
      )}
    </ol>
  )
}

type Row = (DiffLine & { at: number }) | { folded: number; at: number }

/** Long stretches without a change become one row. */
function fold(lines: DiffLine[]): Row[] {
  const near = lines.map((_, at) =>
    lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(({ kind }) => kind !== 'same'),
  )
  const rows: Row[] = []
  let hidden = 0
  for (const [at, line] of lines.entries()) {
    if (!near[at]) {
      hidden += 1
      continue
    }
    if (hidden > 0) rows.push({ folded: hidden, at: at - 0.5 })
    hidden = 0
    rows.push({ ...line, at })
  }
  if (hidden > 0) rows.push({ folded: hidden, at: lines.length })
  return rows
}
