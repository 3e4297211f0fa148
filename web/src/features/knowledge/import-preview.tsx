import { useTranslation } from 'react-i18next'
import type { ImportError, Imported, ImportRow } from '@/api/gen/types.gen'
import { Alert } from '@/components/ui/alert'
import { Badge } from '@/components/ui/badge'
import { type Column, DataTable } from '@/components/ui/data-table'
import { useFormat } from '@/lib/format'
import { cutText } from '@/lib/text'

/** What an import would do: how many, the first rows, and every wrong one by its number. */
export function ImportPreview({ found }: { found: Imported }) {
  const { t } = useTranslation('knowledge')
  const format = useFormat()
  const rows: Column<ImportRow>[] = [
    { key: 'row', header: t('import_row'), cell: ({ row }) => format.number(row) },
    {
      key: 'questions',
      header: t('questions'),
      primary: true,
      cell: (row) => (
        <span dir="auto" className="break-words">
          {cutText(row.questions.join(' | '), 120)}{' '}
          {row.duplicate ? <Badge>{t('import_duplicate')}</Badge> : null}
        </span>
      ),
    },
    { key: 'bn', header: t('answer_bn'), cell: ({ answer_bn }) => <Cut text={answer_bn} /> },
    { key: 'en', header: t('answer_en'), cell: ({ answer_en }) => <Cut text={answer_en} /> },
  ]
  const errors: Column<ImportError>[] = [
    { key: 'row', header: t('import_row'), primary: true, cell: ({ row }) => format.number(row) },
    { key: 'field', header: t('import_field'), cell: ({ field }) => <code>{field}</code> },
    { key: 'error', header: t('import_error'), cell: ({ code }) => <Reason code={code} /> },
  ]
  return (
    <div className="grid gap-4">
      <Alert tone={found.failed > 0 ? 'warn' : found.created > 0 ? 'ok' : 'info'} live="polite">
        {found.created === 0 && found.failed === 0
          ? t('import_nothing')
          : t('import_found', {
              created: format.number(found.created),
              duplicates: format.number(found.skipped_duplicates),
              failed: format.number(found.failed),
            })}
      </Alert>
      {found.errors.length > 0 ? (
        <>
          <p>{t('import_errors')}</p>
          <DataTable
            caption={t('import_error')}
            columns={errors}
            rows={found.errors}
            rowKey={({ row, field, code }) => `${row}-${field}-${code}`}
          />
        </>
      ) : null}
      {found.preview.length > 0 ? (
        <DataTable
          caption={t('import_first_rows')}
          showCaption
          columns={rows}
          rows={found.preview}
          rowKey={({ row }) => row}
        />
      ) : null}
    </div>
  )
}

function Cut({ text }: { text: string | null | undefined }) {
  return (
    <span dir="auto" className="break-words">
      {text ? cutText(text, 120) : '–'}
    </span>
  )
}

function Reason({ code }: { code: string }) {
  const { t } = useTranslation('knowledge')
  if (code === 'missing' || code === 'blank') return t('import_error_missing')
  if (code === 'length') return t('import_error_length')
  return t('import_error_other')
}
