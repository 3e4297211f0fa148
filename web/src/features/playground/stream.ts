import { ApiError, client } from '@/api/client'
import type {
  Playground,
  PlaygroundDelta,
  PlaygroundDone,
  PlaygroundError,
  PlaygroundPrompt,
  PlaygroundRetrieved,
} from '@/api/gen/types.gen'

export type TrialEvent =
  | { name: 'retrieved'; data: PlaygroundRetrieved }
  | { name: 'prompt'; data: PlaygroundPrompt }
  | { name: 'delta'; data: PlaygroundDelta }
  | { name: 'error'; data: PlaygroundError }
  | { name: 'done'; data: PlaygroundDone }

const NAMES = new Set<string>(['retrieved', 'prompt', 'delta', 'error', 'done'])

export interface Trial {
  organizationId: string
  agentId: string
  body: Playground
  signal: AbortSignal
  onEvent(event: TrialEvent): void
}

/**
 * Asks the agent and tells every event of the answer until it is done. Throws an ApiError when the server refuses, and
 * when the stream ends before `done`; an AbortError when `signal` stops it.
 *
 * The generated reader is not used: it hides why a request was refused, and asks again by itself.
 */
export async function askAgent({ organizationId, agentId, body, signal, onEvent }: Trial): Promise<void> {
  const { data } = await client
    .post<{ 200: ReadableStream<Uint8Array> }, unknown, true>({
      url: '/api/v1/organizations/{organization_id}/agents/{agent_id}/playground',
      path: { organization_id: organizationId, agent_id: agentId },
      body,
      headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream' },
      parseAs: 'stream',
      signal,
      throwOnError: true,
    })
    .catch((error) => {
      throw signal.aborted ? signal.reason : error
    })
  let done = false
  await readEvents(data, signal, (event) => {
    if (event.name === 'done') done = true
    onEvent(event)
  })
  if (!done) throw new ApiError({ status: 0, code: 'network' })
}

/** Reads server-sent events off a body. Unknown ones are passed over: a newer server may send more. */
export async function readEvents(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  onEvent: (event: TrialEvent) => void,
): Promise<void> {
  const reader = body.getReader()
  const stop = () => void reader.cancel().catch(() => undefined)
  signal.addEventListener('abort', stop)
  const lines = new Lines()
  let name = ''
  let data: string[] = []
  const take = (line: string) => {
    if (line !== '') {
      const colon = line.indexOf(':')
      if (colon === 0) return
      const field = colon < 0 ? line : line.slice(0, colon)
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
      if (field === 'event') name = value
      if (field === 'data') data.push(value)
      return
    }
    const [heard, text] = [name, data.join('\n')]
    name = ''
    data = []
    if (NAMES.has(heard) && text !== '') onEvent({ name: heard, data: JSON.parse(text) } as TrialEvent)
  }
  try {
    for (;;) {
      signal.throwIfAborted()
      const { done, value } = await reader.read()
      signal.throwIfAborted()
      if (done) return
      for (const line of lines.push(value)) take(line)
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw error instanceof ApiError ? error : new ApiError({ status: 0, code: 'network' })
  } finally {
    signal.removeEventListener('abort', stop)
    stop()
  }
}

/** Cuts bytes into lines that end with LF, CR or CRLF, wherever the pieces were cut: in a character, or between CR and LF. */
class Lines {
  private readonly decoder = new TextDecoder()
  private rest = ''
  private afterReturn = false

  push(piece: Uint8Array): string[] {
    let text = this.decoder.decode(piece, { stream: true })
    if (text === '') return []
    if (this.afterReturn && text.startsWith('\n')) text = text.slice(1)
    this.afterReturn = text === '' ? false : text.endsWith('\r')
    const lines = (this.rest + text).split(/\r\n|\r|\n/)
    this.rest = lines.pop() ?? ''
    return lines
  }
}
