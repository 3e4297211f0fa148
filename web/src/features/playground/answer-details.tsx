import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { PlaygroundDone, PromptMessage, RetrievedEntry } from '@/api/gen/types.gen'
import { Badge } from '@/components/ui/badge'
import { useFormat } from '@/lib/format'
import { type Answer, isRunning } from './trial'

/** How an answer came about: what was found, what the model read, and what it took. */
export function AnswerDetails({ answer, level }: { answer: Answer; level: 2 | 3 }) {
  return (
    <div className="grid min-w-0 gap-4 text-sm">
      {answer.done ? <Numbers done={answer.done} builtIn={answer.prompt === null} /> : null}
      {answer.retrieved ? <Retrieved entries={answer.retrieved} level={level} /> : null}
      {answer.prompt === undefined ? null : <Prompt messages={answer.prompt} />}
      {isRunning(answer) && !answer.retrieved ? <Asking /> : null}
    </div>
  )
}

function Asking() {
  const { t } = useTranslation('playground')
  return <p className="text-muted">{t('asking')}</p>
}

function Numbers({ done, builtIn }: { done: PlaygroundDone; builtIn: boolean }) {
  const { t } = useTranslation('playground')
  const format = useFormat()
  const tokens = (count: number) =>
    done.estimated ? t('estimated', { number: format.number(count) }) : format.number(count)
  const cost = () => {
    if (builtIn) return t('free')
    return done.cost_usd === null || done.cost_usd === undefined
      ? t('cost_unknown')
      : format.usd(done.cost_usd)
  }
  const rows: [string, string][] = [
    [t('model'), builtIn ? t('built_in') : done.model],
    [t('latency'), format.duration(done.latency_ms / 1000)],
    ...(done.used_fallback
      ? []
      : ([
          [t('prompt_tokens'), tokens(done.prompt_tokens)],
          [t('completion_tokens'), tokens(done.completion_tokens)],
          [t('cost'), cost()],
        ] as [string, string][])),
  ]
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
      {rows.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0 break-words text-right">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function Retrieved({ entries, level }: { entries: RetrievedEntry[]; level: 2 | 3 }) {
  const { t } = useTranslation('playground')
  const format = useFormat()
  const Heading = `h${level}` as const
  return (
    <section className="grid min-w-0 gap-2">
      <Heading className="text-sm">{t('knowledge')}</Heading>
      {entries.length === 0 ? (
        <p>
          {t('knowledge_none')}{' '}
          <Link to="/knowledge" className="underline">
            {t('knowledge_add')}
          </Link>
        </p>
      ) : (
        <ul className="grid gap-2">
          {entries.map((entry) => (
            <li key={entry.id} className="min-w-0 rounded-md border border-line p-2">
              <Link
                to="/knowledge"
                search={{ q: entry.question }}
                className="block break-words text-fg underline decoration-line-strong underline-offset-4"
                dir="auto"
              >
                {entry.title || entry.question}
              </Link>
              {entry.title && entry.title !== entry.question ? (
                <p className="break-words text-muted" dir="auto">
                  {entry.question}
                </p>
              ) : null}
              <p className="mt-1 flex flex-wrap gap-2">
                <Badge tone={entry.used ? 'ok' : 'neutral'}>{entry.used ? t('used') : t('not_used')}</Badge>
                <span className="text-muted">{t('score', { score: format.percent(entry.score, 0) })}</span>
              </p>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function Prompt({ messages }: { messages: PromptMessage[] | null }) {
  const { t } = useTranslation('playground')
  if (!messages) return <p className="text-muted">{t('prompt_none')}</p>
  const role = (name: string) =>
    name === 'system' ? t('role_system') : name === 'assistant' ? t('role_assistant') : t('role_user')
  return (
    <details className="min-w-0 rounded-md border border-line">
      <summary className="tap cursor-pointer px-2 py-2 font-semibold">{t('prompt')}</summary>
      <ol className="grid gap-3 border-t p-2">
        {messages.map((message, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes
          <li key={at} className="min-w-0">
            <p className="text-muted">{role(message.role)}</p>
            <p className="message-text" dir="auto">
              {message.text}
            </p>
          </li>
        ))}
      </ol>
    </details>
  )
}
