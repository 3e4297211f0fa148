import { useSyncExternalStore } from 'react'
import { ApiError, toApiError } from '@/api/client'
import { logOut as logOutCall, refreshSession } from '@/api/gen/sdk.gen'
import type { SignedIn, UserView } from '@/api/gen/types.gen'
import { registerTokenSource } from '@/api/transport'
import { adoptPreferences } from './preferences'
import { clearAllDrafts } from './sign-out-cleanup'

/**
 * Who is signed in. The access token lives in this module only; the refresh token is a cookie that no script can read.
 * Tabs refresh one after the other (Web Lock), and sign in and out together (BroadcastChannel).
 */
export interface Session {
  status: 'starting' | 'signed_in' | 'signed_out'
  user: UserView | null
}

interface Token {
  value: string
  expiresAt: number
}

/** The header that proves that our own script calls, not a foreign form (R39). */
const OWN_SCRIPT = { 'X-Requested-With': 'banglachat' }
/** A token this close to its end is renewed before it is used. */
const EARLY_MS = 30_000
const LOCK = 'banglachat-refresh'

let session: Session = { status: 'starting', user: null }
let token: Token | null = null
let refreshing: Promise<string | null> | null = null
const listeners = new Set<() => void>()
const signOutHooks = new Set<() => void>()
const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('banglachat-session')

function publish(next: Session) {
  session = next
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void) {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function getSession(): Session {
  return session
}

/** The signed-in session, live. */
export function useSession(): Session {
  return useSyncExternalStore(subscribe, getSession)
}

/** The signed-in user; only below the routes that demand a sign-in. */
export function useUser(): UserView {
  const { user } = useSession()
  if (!user) throw new Error('useUser is for signed-in pages')
  return user
}

/** Runs when the sign-in ends in this tab, for whatever reason: caches are emptied here. */
export function onSignOut(hook: () => void) {
  signOutHooks.add(hook)
}

/** Takes what log in, register, accept or refresh answered. */
export function adoptSignIn(answer: SignedIn, options: { announce: boolean } = { announce: true }) {
  const before = session.user
  token = { value: answer.access_token, expiresAt: Date.now() + answer.expires_in * 1000 }
  // Another tab may have signed in as somebody else: nothing of the one before may stay on screen.
  if (before && before.id !== answer.user.id) for (const hook of signOutHooks) hook()
  // What the user chose wins at sign-in, not at each refresh: a switch that is on its way to the server would flip back.
  if (before?.id !== answer.user.id) adoptPreferences(answer.user)
  publish({ status: 'signed_in', user: answer.user })
  if (options.announce) channel?.postMessage('signed_in')
}

/** After the profile has changed. */
export function adoptUser(user: UserView) {
  if (session.status === 'signed_in') publish({ status: 'signed_in', user })
}

function end() {
  const wasSignedIn = session.status === 'signed_in'
  token = null
  publish({ status: 'signed_out', user: null })
  if (wasSignedIn) for (const hook of signOutHooks) hook()
}

/**
 * Ends this browser's sign-in, here and in the other tabs. The server may be out of reach: here it ends all the same, but
 * its cookie is still good then (false).
 */
export async function signOut(): Promise<boolean> {
  const user = session.user
  const { error } = await logOutCall({ headers: OWN_SCRIPT })
  if (user) await clearAllDrafts(user.id)
  end()
  channel?.postMessage('signed_out')
  if (!error) return true
  const { status } = toApiError(error)
  return status >= 400 && status < 500 && status !== 429
}

async function inLock<T>(work: () => Promise<T>): Promise<T> {
  if (!('locks' in navigator)) return work()
  return navigator.locks.request(LOCK, work)
}

async function refreshOnce(): Promise<string | null> {
  try {
    const { data } = await inLock(() => refreshSession({ headers: OWN_SCRIPT, throwOnError: true }))
    adoptSignIn(data, { announce: false })
    return data.access_token
  } catch (error) {
    // Only the server's word ends a sign-in; a network that is down does not.
    const { status } = toApiError(error)
    if (status >= 400 && status < 500 && status !== 429) {
      end()
      return null
    }
    throw error
  }
}

/** One refresh at a time, shared by everybody who asks meanwhile. */
export function refresh(): Promise<string | null> {
  refreshing ??= refreshOnce().finally(() => {
    refreshing = null
  })
  return refreshing
}

registerTokenSource({
  async token() {
    if (!token) return session.status === 'signed_out' ? null : refresh()
    if (token.expiresAt - Date.now() > EARLY_MS) return token.value
    try {
      return await refresh()
    } catch (error) {
      // Still good for a few seconds: let the request itself decide.
      if (token && token.expiresAt > Date.now()) return token.value
      throw error
    }
  },
  async renew(used) {
    if (token && token.value !== used) return token.value
    return refresh()
  },
})

/**
 * Finds out at start whether somebody is signed in. Without network it keeps trying by itself: the page opens when the
 * server is back.
 */
export async function startSession() {
  if (session.status !== 'starting') return
  for (let wait = 1000; ; wait = Math.min(wait * 2, 15_000)) {
    try {
      await refresh()
      return
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      await new Promise((done) => setTimeout(done, wait))
    }
  }
}

/** As above, but waits no longer than this. */
export async function settledSession(patienceMs: number) {
  let timer: ReturnType<typeof setTimeout> | undefined
  const enough = new Promise<void>((done) => {
    timer = setTimeout(done, patienceMs)
  })
  await Promise.race([startSession(), enough])
  clearTimeout(timer)
}

channel?.addEventListener('message', ({ data }) => {
  if (data === 'signed_out') end()
  else if (data === 'signed_in' && session.status === 'signed_out') void refresh().catch(() => undefined)
})
