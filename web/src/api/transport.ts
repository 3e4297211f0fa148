/**
 * The one place where requests leave the browser: adds the access token, and after a 401 refreshes it once and replays.
 * Who knows tokens (`app/session`) registers itself here, so that arrows keep pointing from app to api.
 */
export interface TokenSource {
  /** The access token, refreshed when it is about to expire; null when signed out. */
  token(): Promise<string | null>
  /** Called after a 401: a new token, or null when the sign-in is over. `used` is the token that was refused. */
  renew(used: string): Promise<string | null>
}

let source: TokenSource | null = null

export function registerTokenSource(tokens: TokenSource) {
  source = tokens
}

/** Sign-in routes carry no token: they make or end one. */
const WITHOUT_TOKEN =
  /\/api\/v1\/(auth\/(login|register|refresh|logout|forgot_password|reset_password)|invitations\/look_up|installation)$/

export const authorizedFetch: typeof fetch = async (input, init) => {
  const request = new Request(input, init)
  if (!source || WITHOUT_TOKEN.test(new URL(request.url).pathname)) return fetch(request)
  const token = await source.token()
  if (!token) return fetch(request)
  const replay = request.clone()
  const response = await fetch(withToken(request, token))
  if (response.status !== 401) return response
  const renewed = await source.renew(token)
  return renewed ? fetch(withToken(replay, renewed)) : response
}

function withToken(request: Request, token: string) {
  request.headers.set('Authorization', `Bearer ${token}`)
  return request
}
