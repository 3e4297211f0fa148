import { useInfiniteQuery, useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { MessageCircleQuestion } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  dismissUnansweredQuestionMutation,
  listUnansweredQuestionsInfiniteOptions,
} from '@/api/gen/@tanstack/react-query.gen'
import type { UnansweredView } from '@/api/gen/types.gen'
import { byCursor, rowsOf } from '@/api/pages'
import { useOrganization } from '@/app/organization'
import { QueryError, useErrorText } from '@/components/api-error'
import { Button } from '@/components/ui/button'
import { EmptyState } from '@/components/ui/empty-state'
import { LoadMore } from '@/components/ui/pagination'
import { Segmented } from '@/components/ui/segmented'
import { SkeletonCards } from '@/components/ui/skeleton'
import { Time } from '@/components/ui/time'
import { toast } from '@/components/ui/toast'
import { useFormat } from '@/lib/format'
import { useKnowledgeRefetch } from './use-knowledge-refetch'

type Order = 'newest' | 'most_asked'

/** Questions that made the AI call a person. */
export function UnansweredList({ onMakeEntry }: { onMakeEntry: (question: UnansweredView) => void }) {
  const { t } = useTranslation('knowledge')
  const organization = useOrganization()
  const [order, setOrder] = useState<Order>('most_asked')
  const path = { organization_id: organization.id }
  const questions = useInfiniteQuery({
    ...listUnansweredQuestionsInfiniteOptions({ path, query: { order } }),
    ...byCursor({ path }),
  })
  const rows = rowsOf(questions.data)
  return (
    <div className="grid gap-3">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="min-w-0 flex-1 basis-60 text-muted">{t('unanswered_text')}</p>
        <Segmented<Order>
          label={t('order')}
          value={order}
          onValueChange={setOrder}
          options={[
            { value: 'most_asked', label: t('order_most_asked') },
            { value: 'newest', label: t('order_newest') },
          ]}
        />
      </div>
      {questions.isPending ? <SkeletonCards count={3} /> : null}
      {questions.isError ? (
        <QueryError
          error={questions.error}
          onRetry={() => void questions.refetch()}
          pending={questions.isFetching}
        />
      ) : null}
      {rows?.length === 0 ? (
        <EmptyState
          icon={<MessageCircleQuestion aria-hidden="true" />}
          title={t('unanswered_empty')}
          text={t('unanswered_empty_text')}
        />
      ) : null}
      {rows && rows.length > 0 ? (
        <ul className="grid gap-3">
          {rows.map((question) => (
            <li key={question.id}>
              <Question question={question} onMakeEntry={() => onMakeEntry(question)} />
            </li>
          ))}
        </ul>
      ) : null}
      <LoadMore
        hasMore={questions.hasNextPage}
        loading={questions.isFetchingNextPage}
        onLoadMore={() => void questions.fetchNextPage()}
      />
    </div>
  )
}

function Question({ question, onMakeEntry }: { question: UnansweredView; onMakeEntry: () => void }) {
  const { t } = useTranslation('knowledge')
  const format = useFormat()
  const organization = useOrganization()
  const refetch = useKnowledgeRefetch()
  const errorText = useErrorText()
  const dismiss = useMutation({
    ...dismissUnansweredQuestionMutation(),
    onSuccess: () => {
      toast.success(t('dismissed'))
      return refetch()
    },
    onError: (error) => toast.error(errorText(error)),
  })
  return (
    <article className="grid gap-2 rounded-lg border border-line bg-raised p-4">
      <p dir="auto" className="message-text font-semibold">
        {question.text}
      </p>
      <p className="text-muted text-sm">
        {t('asked', { count: question.times_asked, number: format.number(question.times_asked) })} ·{' '}
        {t('last_asked')} <Time value={question.last_asked_at} />
      </p>
      <div className="flex flex-wrap items-center gap-2">
        {organization.can('operator') ? (
          <>
            <Button size="sm" onClick={onMakeEntry}>
              {t('make_entry')}
            </Button>
            <Button
              variant="ghost"
              size="sm"
              pending={dismiss.isPending}
              onClick={() =>
                dismiss.mutate({ path: { organization_id: organization.id, unanswered_id: question.id } })
              }
            >
              {t('dismiss')}
            </Button>
          </>
        ) : null}
        <Link
          to="/inbox/$conversationId"
          params={{ conversationId: question.conversation_id }}
          className="inline-flex min-h-10 items-center text-brand text-sm underline"
        >
          {t('open_conversation')}
        </Link>
      </div>
    </article>
  )
}
