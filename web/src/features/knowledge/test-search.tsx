import { useQuery } from '@tanstack/react-query'
import { Search, Sparkles } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { searchKnowledgeOptions } from '@/api/gen/@tanstack/react-query.gen'
import type { KnowledgeFound } from '@/api/gen/types.gen'
import { useOrganization } from '@/app/organization'
import { QueryError } from '@/components/api-error'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { EmptyState } from '@/components/ui/empty-state'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { SkeletonCards } from '@/components/ui/skeleton'
import { useFormat } from '@/lib/format'

/** What the AI would find for a question, with how well it fits. */
export function TestSearch() {
  const { t } = useTranslation('knowledge')
  const organization = useOrganization()
  const [typed, setTyped] = useState('')
  const [asked, setAsked] = useState('')
  const found = useQuery({
    ...searchKnowledgeOptions({ path: { organization_id: organization.id }, query: { q: asked } }),
    enabled: asked !== '',
  })
  return (
    <div className="grid gap-4">
      <form
        className="grid max-w-2xl gap-3"
        onSubmit={(event) => {
          event.preventDefault()
          const question = typed.trim()
          if (question === asked && asked !== '') void found.refetch()
          setAsked(question)
        }}
      >
        <Field label={t('test_label')} hint={t('test_hint')}>
          <Input
            dir="auto"
            maxLength={500}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </Field>
        <div>
          <Button
            type="submit"
            pending={found.isFetching}
            icon={<Search aria-hidden="true" className="size-4" />}
          >
            {t('test_submit')}
          </Button>
        </div>
      </form>
      {asked === '' ? (
        <EmptyState
          icon={<Sparkles aria-hidden="true" />}
          title={t('test_idle')}
          text={t('test_idle_text')}
        />
      ) : null}
      {asked !== '' && found.isPending ? <SkeletonCards count={2} /> : null}
      {found.isError ? (
        <QueryError error={found.error} onRetry={() => void found.refetch()} pending={found.isFetching} />
      ) : null}
      {found.data?.items.length === 0 ? (
        <EmptyState title={t('test_none')} text={t('test_none_text')} />
      ) : null}
      <ol className="grid gap-3">
        {found.data?.items.map((item) => (
          <li key={item.entry.id}>
            <Found found={item} />
          </li>
        ))}
      </ol>
    </div>
  )
}

function Found({ found }: { found: KnowledgeFound }) {
  const { t } = useTranslation('knowledge')
  const format = useFormat()
  const { entry } = found
  return (
    <article className="grid gap-2 rounded-lg border border-line bg-raised p-4">
      <header className="flex flex-wrap items-center justify-between gap-2">
        <h2 dir="auto" className="min-w-0 break-words text-base">
          {entry.title ?? entry.questions[0]}
        </h2>
        <span className="flex flex-wrap gap-2">
          <Badge tone={found.would_answer ? 'ok' : 'neutral'}>
            {found.would_answer ? t('test_would') : t('test_would_not')}
          </Badge>
          <Badge>{t('test_score', { score: format.percent(found.score, 0) })}</Badge>
        </span>
      </header>
      {found.matched_question ? (
        <p dir="auto" className="break-words text-muted text-sm">
          {t('test_matched', { question: found.matched_question })}
        </p>
      ) : null}
      <p dir="auto" className="message-text">
        {entry.answer_bn ?? entry.answer_en}
      </p>
    </article>
  )
}
