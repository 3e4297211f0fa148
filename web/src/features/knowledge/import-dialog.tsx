import { useMutation } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { importKnowledgeMutation } from '@/api/gen/@tanstack/react-query.gen'
import { useOrganization } from '@/app/organization'
import { ActionError } from '@/components/api-error'
import { Button } from '@/components/ui/button'
import { Dialog } from '@/components/ui/dialog'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { Textarea } from '@/components/ui/textarea'
import { toast } from '@/components/ui/toast'
import { useFormat } from '@/lib/format'
import { ImportPreview } from './import-preview'
import { useKnowledgeRefetch } from './use-knowledge-refetch'

/** The server's own limit of an import. */
const MAX_BYTES = 4 * 1024 * 1024

/** A file or pasted rows, looked at first, then imported; wrong rows are told and left out. */
export default function ImportDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['knowledge', 'common'])
  const format = useFormat()
  const organization = useOrganization()
  const refetch = useKnowledgeRefetch()
  const id = useId()
  const [csv, setCsv] = useState('')
  const [tooLarge, setTooLarge] = useState(false)
  const [key] = useState(() => crypto.randomUUID())
  const path = { organization_id: organization.id }
  const preview = useMutation(importKnowledgeMutation())
  const run = useMutation({
    ...importKnowledgeMutation(),
    onSuccess: async ({ created }) => {
      toast.success(t('import_done', { created: format.number(created) }))
      onClose()
      await refetch()
    },
  })
  const take = async (file: File | undefined) => {
    if (!file) return
    setTooLarge(file.size > MAX_BYTES)
    setCsv(file.size <= MAX_BYTES ? await file.text() : '')
  }
  const found = preview.data
  return (
    <Dialog
      open
      size="lg"
      dismissible={csv === ''}
      onOpenChange={(open) => !open && onClose()}
      title={t('import_title')}
      description={t('import_text')}
      footer={
        found ? (
          <>
            <Button
              variant="secondary"
              onClick={() => {
                preview.reset()
                run.reset()
              }}
            >
              {t('import_back')}
            </Button>
            <Button
              disabled={found.created === 0}
              pending={run.isPending}
              onClick={() => run.mutate({ path, headers: { 'Idempotency-Key': key }, body: { csv } })}
            >
              {t('import_submit', { created: format.number(found.created) })}
            </Button>
          </>
        ) : (
          <>
            <Button variant="secondary" onClick={onClose}>
              {t('common:cancel')}
            </Button>
            <Button type="submit" form={id} disabled={csv.trim() === ''} pending={preview.isPending}>
              {t('import_preview')}
            </Button>
          </>
        )
      }
    >
      {found ? (
        <ImportPreview found={found} />
      ) : (
        <form
          id={id}
          className="grid gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            preview.mutate({ path, body: { csv, dry_run: true } })
          }}
        >
          <Field label={t('import_file')} error={tooLarge ? t('import_too_large') : undefined}>
            <Input
              type="file"
              accept=".csv,.txt,text/csv,text/plain"
              onChange={(event) => void take(event.target.files?.[0])}
            />
          </Field>
          <Field label={t('import_paste')}>
            <Textarea rows={8} dir="auto" value={csv} onChange={(event) => setCsv(event.target.value)} />
          </Field>
        </form>
      )}
      <ActionError error={preview.error ?? run.error} />
    </Dialog>
  )
}
