export type Cell = string | number | null | undefined

/** A spreadsheet runs what begins like a formula: such text gets an apostrophe in front (R78). */
export function neutralise(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return /^(?:\s*[=+\-@＝＋－＠]|[\x00-\x1f\x7f])/u.test(text) ? `'${text}` : text
}

function field(cell: Cell): string {
  // Numbers stay numbers, in Latin digits: -5 is no formula.
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : ''
  const text = neutralise(cell ?? '')
  return /[",\r\n;\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** RFC 4180, with the mark that makes spreadsheets read Bangla as UTF-8. */
export function toCsv(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return `\ufeff${[columns, ...rows].map((row) => row.map(field).join(',')).join('\r\n')}\r\n`
}

/** Hands a CSV file to the browser. `name` without the ending. */
export function downloadCsv(
  name: string,
  columns: readonly string[],
  rows: readonly (readonly Cell[])[],
): void {
  const url = URL.createObjectURL(new Blob([toCsv(columns, rows)], { type: 'text/csv;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = url
  link.download = `${name}.csv`
  link.click()
  // The browser has to have started reading.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
