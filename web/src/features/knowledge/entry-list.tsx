import { useInfiniteQuery, useMutation } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { BookOpen, Search } from 'lucide-react'
import { type ReactNode, useCallback, useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  deleteKnowledgeEntryMutation,
  listKnowledgeInfiniteOptions,
} from '@/api/gen/@tanstack/react-query.gen'
import type { KnowledgeView } from '@/api/gen/types.gen'
import { byCursor, rowsOf } from '@/api/pages'
import { useOrganization } from '@/app/organization'
import { ActionError, QueryError } from '@/components/api-error'
import { SearchField } from '@/components/search-field'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { ConfirmDialog } from '@/components/ui/confirm-dialog'
import { EmptyState } from '@/components/ui/empty-state'
import { Field } from '@/components/ui/field'
import { LoadMore } from '@/components/ui/pagination'
import { Select } from '@/components/ui/select'
import { SkeletonCards } from '@/components/ui/skeleton'
import { Time } from '@/components/ui/time'
import { toast } from '@/components/ui/toast'
import { useFormat } from '@/lib/format'
import { useKnowledgeRefetch } from './use-knowledge-refetch'

const route = getRouteApi('/_app/knowledge')

interface Props {
  onEdit(entry: KnowledgeView): void
  /** The button of the empty list. */
  action: ReactNode
}

/** All entries, newest first, with search over questions and titles. */
export function EntryList({ onEdit, action }: Props) {
  const { t } = useTranslation('knowledge')
  const organization = useOrganization()
  const { q } = route.useSearch()
  const navigate = route.useNavigate()
  const [language, setLanguage] = useState<'' | 'bn' | 'en'>('')
  const search = useCallback(
    (next: string) => void navigate({ search: (old) => ({ ...old, q: next || undefined }), replace: true }),
    [navigate],
  )
  const path = { organization_id: organization.id }
  const entries = useInfiniteQuery({
    ...listKnowledgeInfiniteOptions({ path, query: { q, language: language || undefined, limit: 30 } }),
    ...byCursor({ path }),
  })
  const rows = rowsOf(entries.data)
  const filtered = Boolean(q || language)
  const clear = () => {
    search('')
    setLanguage('')
  }
  return (
    <div className="grid gap-3">
      <div className="flex flex-wrap gap-3">
        <SearchField
          label={t('search')}
          value={q ?? ''}
          onChange={search}
          maxLength={200}
          className="min-w-0 flex-1 basis-60"
        />
        <Field label={t('language')} hideLabel>
          <Select
            value={language}
            onChange={(event) => setLanguage(event.target.value as '' | 'bn' | 'en')}
            placeholder={t('language_all')}
            options={[
              { value: 'bn', label: t('language_bn') },
              { value: 'en', label: t('language_en') },
            ]}
          />
        </Field>
      </div>
      {entries.isPending ? <SkeletonCards count={4} /> : null}
      {entries.isError ? (
        <QueryError
          error={entries.error}
          onRetry={() => void entries.refetch()}
          pending={entries.isFetching}
        />
      ) : null}
      {rows?.length === 0 && filtered ? (
        <EmptyState
          icon={<Search aria-hidden="true" />}
          title={t('no_result')}
          text={t('no_result_text')}
          action={
            <Button variant="secondary" onClick={clear}>
              {t('clear')}
            </Button>
          }
        />
      ) : null}
      {rows?.length === 0 && !filtered ? (
        <EmptyState
          icon={<BookOpen aria-hidden="true" />}
          title={t('empty')}
          text={t('empty_text')}
          action={action}
        />
      ) : null}
      {rows && rows.length > 0 ? (
        <ul className="grid gap-3">
          {rows.map((entry) => (
            <li key={entry.id}>
              <Entry entry={entry} onEdit={() => onEdit(entry)} />
            </li>
          ))}
        </ul>
      ) : null}
      <LoadMore
        hasMore={entries.hasNextPage}
        loading={entries.isFetchingNextPage}
        onLoadMore={() => void entries.fetchNextPage()}
      />
    </div>
  )
}

function Entry({ entry, onEdit }: { entry: KnowledgeView; onEdit: () => void }) {
  const { t } = useTranslation('knowledge')
  const format = useFormat()
  const organization = useOrganization()
  const [first, ...more] = entry.questions
  return (
    <article className="grid gap-2 rounded-lg border border-line bg-raised p-4">
      <header className="flex flex-wrap items-start justify-between gap-2">
        <div className="min-w-0 flex-1 basis-60">
          <h2 dir="auto" className="break-words text-base">
            {entry.title ?? first}
          </h2>
          <p dir="auto" className="break-words text-muted text-sm">
            {entry.title ? `${first}${more.length > 0 ? ' · ' : ''}` : null}
            {more.length > 0 ? t('more_questions', { number: format.number(more.length) }) : null}
          </p>
        </div>
        {organization.can('operator') ? (
          <div className="flex gap-2">
            <Button
              variant="secondary"
              size="sm"
              onClick={onEdit}
              aria-label={`${t('edit')}: ${entry.title ?? first}`}
            >
              {t('edit')}
            </Button>
            <DeleteButton entry={entry} />
          </div>
        ) : null}
      </header>
      {[
        { language: 'bn', label: t('answer_bn'), text: entry.answer_bn },
        { language: 'en', label: t('answer_en'), text: entry.answer_en },
      ].map(({ language, label, text }) =>
        text ? (
          <div key={language} className="grid gap-1 sm:grid-cols-[auto_1fr] sm:gap-3">
            <div>
              <Badge>{label}</Badge>
            </div>
            <p dir="auto" lang={language} className="message-text min-w-0">
              {text}
            </p>
          </div>
        ) : null,
      )}
      <p className="text-muted text-sm">
        <Time value={entry.updated_at} />
        {entry.updated_by ? ` · ${t('updated_by', { name: entry.updated_by.name })}` : null}
      </p>
    </article>
  )
}

function DeleteButton({ entry }: { entry: KnowledgeView }) {
  const { t } = useTranslation('knowledge')
  const organization = useOrganization()
  const refetch = useKnowledgeRefetch()
  const name = entry.title ?? entry.questions[0] ?? ''
  const remove = useMutation({
    ...deleteKnowledgeEntryMutation(),
    onSuccess: () => {
      toast.success(t('deleted'))
      return refetch()
    },
  })
  return (
    <ConfirmDialog
      trigger={
        <Button variant="ghost" size="sm" aria-label={`${t('delete')}: ${name}`}>
          {t('delete')}
        </Button>
      }
      title={t('delete_title', { name })}
      description={t('delete_text')}
      confirmLabel={t('delete')}
      onConfirm={() => remove.mutateAsync({ path: { organization_id: organization.id, entry_id: entry.id } })}
      error={remove.error ? <ActionError error={remove.error} /> : undefined}
    />
  )
}
