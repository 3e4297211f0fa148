import { MessageSquarePlus, RotateCcw, Send, Square } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { AgentView } from '@/api/gen/types.gen'
import { announce } from '@/components/ui/announcer'
import { Button } from '@/components/ui/button'
import { Field } from '@/components/ui/field'
import { Textarea } from '@/components/ui/textarea'
import { useMediaQuery } from '@/components/ui/use-media-query'
import { cn } from '@/lib/cn'
import { AnswerBubble } from './answer-bubble'
import { AnswerDetails } from './answer-details'
import { SAMPLES } from './samples'
import { type Asked, type Exchange, isRunning, MAX_QUESTION, textOf, useTrial } from './trial'

/** So near to its end the page goes along with what is written. */
const NEAR = 240

interface ConversationProps {
  organizationId: string
  agent: AgentView
  /** One version, or two to compare. */
  asked: Asked[]
}

export function Conversation({ organizationId, agent, asked }: ConversationProps) {
  const { t } = useTranslation('playground')
  const trial = useTrial({
    organizationId,
    agentId: agent.id,
    onAnswered: (answer) => announce(t('answered', { text: textOf(answer) })),
  })
  const { exchanges, running } = trial
  const [question, setQuestion] = useState('')
  const [picked, setPicked] = useState<number | null>(null)
  const wide = useMediaQuery('(min-width: 1280px)')
  const log = useRef<HTMLElement>(null)
  const end = useRef<HTMLDivElement>(null)
  const input = useRef<HTMLTextAreaElement>(null)
  // With two answers beside each other there is no room for a third column.
  const beside = wide && exchanges.every(({ answers }) => answers.length === 1)
  const shown = exchanges.find(({ id }) => id === picked) ?? exchanges.at(-1)

  const lastId = exchanges.at(-1)?.id
  useEffect(() => {
    if (lastId !== undefined) end.current?.scrollIntoView({ block: 'nearest' })
  }, [lastId])
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever something was written
  useEffect(() => {
    // On wide screens the conversation scrolls by itself, on narrow ones the page does.
    const own = log.current
    const page = own && own.scrollHeight > own.clientHeight ? own : own?.closest('main')
    if (page && page.scrollHeight - page.scrollTop - page.clientHeight < NEAR)
      end.current?.scrollIntoView({ block: 'nearest' })
  }, [exchanges])

  const ask = (text: string) => {
    const trimmed = text.trim()
    if (trimmed === '' || running) return
    setPicked(null)
    setQuestion('')
    trial.ask(trimmed, asked)
  }
  return (
    <div
      className={cn(
        'grid min-h-96 min-w-0 flex-1 gap-4 lg:grid-rows-[minmax(0,1fr)]',
        beside && 'xl:grid-cols-[minmax(0,1fr)_22rem]',
      )}
    >
      <div className="flex min-h-0 min-w-0 flex-col rounded-lg border border-line bg-raised">
        <section
          aria-label={t('conversation')}
          tabIndex={0}
          className="min-w-0 flex-1 rounded-t-lg p-4 lg:min-h-0 lg:overflow-y-auto"
        >
          {exchanges.length === 0 ? (
            <Samples
              onPick={(text) => {
                ask(text)
                input.current?.focus()
              }}
            />
          ) : (
            <ol className="grid gap-6">
              {exchanges.map((exchange) => (
                <li key={exchange.id} className="grid min-w-0 gap-3">
                  <p className="max-w-prose justify-self-end rounded-lg border border-line bg-panel px-3 py-2">
                    <span className="sr-only">{t('customer')}: </span>
                    <span className="message-text" dir="auto">
                      {exchange.question}
                    </span>
                  </p>
                  <Answers
                    exchange={exchange}
                    inline={!beside}
                    choice={exchanges.length > 1}
                    marked={shown?.id === exchange.id}
                    onShow={() => setPicked(exchange.id)}
                  />
                </li>
              ))}
            </ol>
          )}
          <div ref={end} className="max-lg:scroll-mb-48" />
        </section>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            ask(question)
          }}
          className="sticky bottom-0 grid gap-2 rounded-b-lg border-t bg-raised p-3"
        >
          <div className="flex items-end gap-2">
            <Field label={t('question')} hideLabel className="flex-1">
              <Textarea
                ref={input}
                value={question}
                onChange={(event) => setQuestion(event.target.value)}
                onKeyDown={(event) => {
                  if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
                  event.preventDefault()
                  ask(question)
                }}
                placeholder={t('question_placeholder')}
                maxLength={MAX_QUESTION}
                autogrow
                rows={1}
                maxRows={6}
                dir="auto"
              />
            </Field>
            {running ? (
              <Button
                variant="secondary"
                icon={<Square aria-hidden="true" className="size-4" />}
                onClick={() => {
                  trial.stop()
                  input.current?.focus()
                }}
              >
                {t('stop')}
              </Button>
            ) : (
              <Button type="submit" icon={<Send aria-hidden="true" className="size-4" />}>
                {t('send')}
              </Button>
            )}
          </div>
          {exchanges.length > 0 ? (
            <div className="flex flex-wrap items-center justify-between gap-2">
              <Button
                variant="ghost"
                size="sm"
                icon={<MessageSquarePlus aria-hidden="true" className="size-4" />}
                onClick={() => {
                  trial.clear()
                  setPicked(null)
                  input.current?.focus()
                }}
              >
                {t('fresh')}
              </Button>
              {running ? null : (
                <Button
                  variant="ghost"
                  size="sm"
                  icon={<RotateCcw aria-hidden="true" className="size-4" />}
                  onClick={() => {
                    setPicked(null)
                    trial.again(asked)
                    input.current?.focus()
                  }}
                >
                  {t('again')}
                </Button>
              )}
            </div>
          ) : null}
        </form>
      </div>
      {beside ? (
        <aside
          aria-label={t('details')}
          className="grid min-h-0 min-w-0 content-start gap-3 overflow-y-auto rounded-lg border border-line bg-raised p-4"
          tabIndex={0}
        >
          <h2 className="text-base">{t('details')}</h2>
          {shown?.answers[0] ? (
            <AnswerDetails answer={shown.answers[0]} level={3} />
          ) : (
            <p className="text-muted text-sm">{t('details_pick')}</p>
          )}
        </aside>
      ) : null}
    </div>
  )
}

interface AnswersProps {
  exchange: Exchange
  /** The details stand below each answer. */
  inline: boolean
  /** There are others whose details can be shown beside. */
  choice: boolean
  marked: boolean
  onShow(): void
}

function Answers({ exchange, inline, choice, marked, onShow }: AnswersProps) {
  const { t } = useTranslation('playground')
  const several = exchange.answers.length > 1
  return (
    <div className={cn('grid min-w-0 items-start gap-4', several ? 'md:grid-cols-2' : 'max-w-prose')}>
      {exchange.answers.map((answer, side) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a side keeps its place
        <div key={side} className="grid min-w-0 gap-2">
          <AnswerBubble answer={answer} />
          {inline ? (
            answer.retrieved || answer.done ? (
              <details className="min-w-0 rounded-md border border-line">
                <summary className="tap cursor-pointer px-3 py-2 text-sm">{t('details')}</summary>
                <div className="border-t p-3">
                  <AnswerDetails answer={answer} level={2} />
                </div>
              </details>
            ) : null
          ) : isRunning(answer) || !choice ? null : (
            <div>
              <Button variant="ghost" size="sm" aria-pressed={marked} onClick={onShow}>
                {t('show_details')}
              </Button>
            </div>
          )}
        </div>
      ))}
    </div>
  )
}

function Samples({ onPick }: { onPick(text: string): void }) {
  const { t } = useTranslation('playground')
  return (
    <div className="mx-auto grid max-w-xl gap-3 py-4">
      <h2 className="text-base">{t('empty_title')}</h2>
      <p className="text-muted text-sm">{t('empty_text')}</p>
      <ul aria-label={t('samples')} className="grid gap-2 sm:grid-cols-2">
        {SAMPLES.map(({ lang, text }) => (
          <li key={text} className="grid">
            <button
              type="button"
              lang={lang}
              onClick={() => onPick(text)}
              className="tap rounded-md border border-line bg-bg px-3 py-2 text-left text-sm hover:bg-hover"
            >
              {text}
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}
