import { client } from './gen/client.gen'
import type { Problem } from './gen/types.gen'

/** One wrong field of a request. */
export interface FieldError {
  field: string
  code: string
  message: string
}

/** What every failed call throws. `code` is stable and has a translation in `errors`; the server's English is never shown. */
export class ApiError extends Error {
  /** HTTP status; 0 when no answer came. */
  readonly status: number
  readonly code: string
  readonly fields: FieldError[]
  readonly requestId: string | null
  /** Seconds to wait, as the server says. */
  readonly retryAfter: number | null

  constructor(init: {
    status: number
    code: string
    fields?: FieldError[]
    requestId?: string | null
    retryAfter?: number | null
    message?: string
  }) {
    super(init.message ?? init.code)
    this.name = 'ApiError'
    this.status = init.status
    this.code = init.code
    this.fields = init.fields ?? []
    this.requestId = init.requestId ?? null
    this.retryAfter = init.retryAfter ?? null
  }
}

/** Whatever was thrown, as an ApiError; a bug of ours becomes `unexpected`. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  return new ApiError({
    status: 0,
    code: 'unexpected',
    message: error instanceof Error ? error.message : undefined,
  })
}

function isAborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError'
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'type' in value && 'status' in value
}

/** `urn:banglachat:problem:not-found` -> `not_found`; conflicts have a code of their own. */
function codeOf(problem: Problem): string {
  if (problem.code) return problem.code
  return String(problem.type).split(':').pop()?.replaceAll('-', '_') ?? 'unexpected'
}

function fromResponse(body: unknown, response: Response): ApiError {
  const wait = Number(response.headers.get('Retry-After'))
  const retryAfter = Number.isFinite(wait) && wait > 0 ? wait : null
  const requestId = response.headers.get('X-Request-Id')
  if (!isProblem(body))
    return new ApiError({ status: response.status, code: 'unexpected', requestId, retryAfter })
  return new ApiError({
    status: response.status,
    code: codeOf(body),
    fields: body.errors ?? [],
    requestId: body.request_id ?? requestId,
    retryAfter,
    message: body.detail,
  })
}

client.interceptors.error.use((error, response) => {
  if (response) return fromResponse(error, response)
  if (isAborted(error)) return error
  return new ApiError({ status: 0, code: 'network' })
})

export { client }
