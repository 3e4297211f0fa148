import { useEffect, useRef, useState } from 'react'
import type {
  PlaygroundDone,
  PlaygroundError,
  PlaygroundMessage,
  PromptMessage,
  RetrievedEntry,
} from '@/api/gen/types.gen'
import { askAgent, type TrialEvent } from './stream'

/** As the server limits them. */
export const MAX_QUESTION = 4000
const MAX_MESSAGES = 40

/** One answer as far as it has come. */
export interface Answer {
  /** The version that was asked. */
  version: number
  state: 'asking' | 'writing' | 'done' | 'stopped' | 'broken'
  /** What the model wrote, before it was checked. */
  written: string
  retrieved?: RetrievedEntry[]
  /** Null: the model reads none. */
  prompt?: PromptMessage[] | null
  error?: PlaygroundError
  done?: PlaygroundDone
  /** Why the server refused, or how the line broke. */
  problem?: unknown
}

/** A question and what each asked version says to it. */
export interface Exchange {
  id: number
  question: string
  answers: Answer[]
}

/** A version to ask; `null` asks the current one, which is `number` at the moment. */
export interface Asked {
  version: number | null
  number: number
}

export function isRunning(answer: Answer) {
  return answer.state === 'asking' || answer.state === 'writing'
}

/** What a customer would read: the checked text once there is one. */
export function textOf(answer: Answer): string {
  return answer.done ? answer.done.text : answer.written
}

function withEvent(answer: Answer, event: TrialEvent): Answer {
  switch (event.name) {
    case 'retrieved':
      return { ...answer, retrieved: event.data.entries }
    case 'prompt':
      return { ...answer, prompt: event.data.messages ?? null }
    case 'delta':
      return { ...answer, state: 'writing', written: answer.written + event.data.text }
    case 'error':
      return { ...answer, error: event.data }
    case 'done':
      return { ...answer, state: 'done', done: event.data }
  }
}

/** The conversation as one of the versions has led it. Half answers were never sent, so they are left out. */
export function messagesOf(before: readonly Exchange[], side: number, question: string): PlaygroundMessage[] {
  const messages = before.flatMap((exchange): PlaygroundMessage[] => {
    const asked: PlaygroundMessage = { author: 'customer', text: exchange.question }
    const answer = exchange.answers[side] ?? exchange.answers[0]
    const text = answer?.state === 'done' ? [...textOf(answer)].slice(0, MAX_QUESTION).join('') : ''
    return text.trim() === '' ? [asked] : [asked, { author: 'agent', text }]
  })
  return [...messages.slice(1 - MAX_MESSAGES), { author: 'customer', text: question }]
}

interface TrialOptions {
  organizationId: string
  agentId: string
  onAnswered(answer: Answer): void
}

/** The conversation on trial: lives on this page only. */
export function useTrial({ organizationId, agentId, onAnswered }: TrialOptions) {
  const [exchanges, setExchanges] = useState<Exchange[]>([])
  const running = useRef<AbortController | null>(null)
  const lastId = useRef(0)
  // Nobody reads on after the page is left: the server stops the model's call then.
  useEffect(() => () => running.current?.abort(), [])

  const change = (id: number, side: number, to: (answer: Answer) => Answer) =>
    setExchanges((all) =>
      all.map((exchange) =>
        exchange.id === id
          ? { ...exchange, answers: exchange.answers.map((one, at) => (at === side ? to(one) : one)) }
          : exchange,
      ),
    )

  const run = (before: Exchange[], question: string, asked: readonly Asked[]) => {
    running.current?.abort()
    const stop = new AbortController()
    running.current = stop
    lastId.current += 1
    const id = lastId.current
    const answers = asked.map(({ number }): Answer => ({ version: number, state: 'asking', written: '' }))
    setExchanges([...before, { id, question, answers }])
    for (const [side, { version }] of asked.entries()) {
      let answer: Answer | undefined = answers[side]
      void askAgent({
        organizationId,
        agentId,
        body: { version, messages: messagesOf(before, side, question) },
        signal: stop.signal,
        onEvent: (event) => {
          answer = answer && withEvent(answer, event)
          change(id, side, (one) => withEvent(one, event))
        },
      }).then(
        () => answer && onAnswered(answer),
        (problem) =>
          change(id, side, (one) => {
            if (one.state === 'done') return one
            return stop.signal.aborted ? { ...one, state: 'stopped' } : { ...one, state: 'broken', problem }
          }),
      )
    }
  }
  return {
    exchanges,
    running: exchanges.some((exchange) => exchange.answers.some(isRunning)),
    ask: (question: string, asked: readonly Asked[]) => run(exchanges, question, asked),
    /** Asks the last question again, of the versions that are chosen now. */
    again: (asked: readonly Asked[]) => {
      const last = exchanges.at(-1)
      if (last) run(exchanges.slice(0, -1), last.question, asked)
    },
    stop: () => running.current?.abort(),
    clear: () => {
      running.current?.abort()
      setExchanges([])
    },
  }
}
