import { zodResolver } from '@hookform/resolvers/zod'
import { useMutation } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import {
  createKnowledgeEntryMutation,
  updateKnowledgeEntryMutation,
} from '@/api/gen/@tanstack/react-query.gen'
import { useOrganization } from '@/app/organization'
import { ActionError } from '@/components/api-error'
import { Button } from '@/components/ui/button'
import { Dialog } from '@/components/ui/dialog'
import { toast } from '@/components/ui/toast'
import { type EntryDraft, EntryFields, valuesOf } from './entry-form'
import { type EntryForm, entrySchema, linesOf } from './schema'
import { useKnowledgeRefetch } from './use-knowledge-refetch'

interface Props {
  draft: EntryDraft
  onClose(): void
}

/** Writes a new entry or changes one. What was typed is not lost by a stray click: only its buttons close it then. */
export default function EntryDialog({ draft, onClose }: Props) {
  const { t } = useTranslation(['knowledge', 'common'])
  const organization = useOrganization()
  const refetch = useKnowledgeRefetch()
  const id = useId()
  // One key for this dialog: a retry after a lost answer cannot make a second entry.
  const [key] = useState(() => crypto.randomUUID())
  const form = useForm<EntryForm>({
    resolver: zodResolver(entrySchema),
    mode: 'onTouched',
    defaultValues: valuesOf(draft),
  })
  const onSuccess = async () => {
    toast.success(t('saved'))
    onClose()
    await refetch()
  }
  const create = useMutation({ ...createKnowledgeEntryMutation(), onSuccess })
  const update = useMutation({ ...updateKnowledgeEntryMutation(), onSuccess })
  const path = { organization_id: organization.id }
  const submit = form.handleSubmit((values) => {
    const body = {
      title: values.title || null,
      questions: linesOf(values.questions),
      answer_bn: values.answer_bn || null,
      answer_en: values.answer_en || null,
    }
    if (draft.entry) update.mutate({ path: { ...path, entry_id: draft.entry.id }, body })
    else {
      create.mutate({
        path,
        headers: { 'Idempotency-Key': key },
        body: { ...body, ...(draft.question ? { unanswered_id: draft.question.id } : {}) },
      })
    }
  })
  return (
    <Dialog
      open
      size="lg"
      dismissible={!form.formState.isDirty}
      onOpenChange={(open) => !open && onClose()}
      title={draft.entry ? t('edit_title') : t('new_title')}
      footer={
        <>
          <Button variant="secondary" onClick={onClose}>
            {t('common:cancel')}
          </Button>
          <Button type="submit" form={id} pending={create.isPending || update.isPending}>
            {t('save')}
          </Button>
        </>
      }
    >
      <form id={id} onSubmit={submit} noValidate className="grid gap-4">
        <EntryFields form={form} />
        <ActionError error={create.error ?? update.error} />
      </form>
    </Dialog>
  )
}
