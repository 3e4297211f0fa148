import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { forgetFakeTabs, useFakeTabs } from '@/test/fake-tabs'

/** Each test loads fresh modules: who is signed in is a module's state, and two loads are two tabs. */
async function tab() {
  vi.resetModules()
  const [session, { authorizedFetch }] = await Promise.all([import('./session'), import('@/api/transport')])
  const { client } = await import('@/api/client')
  client.setConfig({ baseUrl: 'http://localhost' })
  return { ...session, get: (path = '/api/v1/me') => authorizedFetch(`http://localhost${path}`) }
}

const USER = {
  id: 'u1',
  email: 'rahim@example.com',
  name: 'Rahim',
  is_platform_admin: false,
  language: 'bn',
  theme: 'system',
  shortcuts: true,
  sound: 'off',
  created_at: '2026-01-01T00:00:00Z',
}
const json = (status: number, body: unknown) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })
const signedIn = (value: string, user = USER, expires_in = 900) =>
  json(200, { access_token: value, expires_in, token_type: 'Bearer', user })
const refused = (status: number) =>
  json(status, { type: 'urn:banglachat:problem:unauthorized', title: '', status, detail: '' })

let refreshes: Request[]
let calls: { path: string; token: string | null }[]
let answerRefresh: () => Response | Promise<Response>
let answerCall: (token: string | null) => Response

beforeEach(() => {
  useFakeTabs()
  refreshes = []
  calls = []
  answerRefresh = () => signedIn(`token-${refreshes.length}`)
  answerCall = () => json(200, {})
  vi.stubGlobal('fetch', async (input: Request) => {
    const path = new URL(input.url).pathname
    if (path === '/api/v1/auth/refresh') {
      refreshes.push(input)
      return answerRefresh()
    }
    const token = input.headers.get('Authorization')?.replace('Bearer ', '') ?? null
    calls.push({ path, token })
    return path === '/api/v1/auth/logout' ? new Response(null, { status: 204 }) : answerCall(token)
  })
})

afterEach(() => {
  vi.useRealTimers()
  forgetFakeTabs()
})

describe('the start', () => {
  it('finds out by the cookie, with the header that proves our own script', async () => {
    const { startSession, getSession } = await tab()
    await startSession()
    expect(getSession()).toEqual({ status: 'signed_in', user: USER })
    expect(refreshes[0]?.headers.get('X-Requested-With')).toBe('banglachat')
    expect(refreshes[0]?.headers.get('Authorization')).toBeNull()
  })

  it('is signed out when the server says so', async () => {
    answerRefresh = () => refused(401)
    const { startSession, getSession } = await tab()
    await startSession()
    expect(getSession().status).toBe('signed_out')
  })

  it('keeps trying while the server cannot be reached, and never calls that signed out', async () => {
    vi.useFakeTimers()
    answerRefresh = () =>
      refreshes.length < 3 ? Promise.reject(new TypeError('no network')) : signedIn('late')
    const { startSession, getSession } = await tab()
    const started = startSession()
    await vi.advanceTimersByTimeAsync(999)
    expect(refreshes).toHaveLength(1)
    expect(getSession().status).toBe('starting')
    await vi.advanceTimersByTimeAsync(3100)
    await started
    expect(getSession().status).toBe('signed_in')
  })
})

describe('a token', () => {
  it('is refreshed once for calls that meet a 401 at the same time, and each is replayed once', async () => {
    const { adoptSignIn, get } = await tab()
    adoptSignIn(await signedIn('old').json())
    answerCall = (token) => (token === 'old' ? refused(401) : json(200, {}))
    const answers = await Promise.all([get('/a'), get('/b'), get('/c')])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(refreshes).toHaveLength(1)
    expect(calls.filter(({ token }) => token === 'token-1').map(({ path }) => path)).toEqual([
      '/a',
      '/b',
      '/c',
    ])
  })

  it('that is refused twice is not asked for a third time', async () => {
    const { adoptSignIn, get } = await tab()
    adoptSignIn(await signedIn('old').json())
    answerCall = () => refused(401)
    expect((await get()).status).toBe(401)
    expect(calls).toHaveLength(2)
    expect(refreshes).toHaveLength(1)
  })

  it('close to its end is renewed before it is used', async () => {
    const { adoptSignIn, get } = await tab()
    adoptSignIn(await signedIn('old', USER, 20).json())
    await get()
    expect(calls.map(({ token }) => token)).toEqual(['token-1'])
  })

  it('that still lives is used when the refresh fails for the network', async () => {
    const { adoptSignIn, get, getSession } = await tab()
    adoptSignIn(await signedIn('old', USER, 20).json())
    answerRefresh = () => Promise.reject(new TypeError('no network'))
    await get()
    expect(calls.map(({ token }) => token)).toEqual(['old'])
    expect(getSession().status).toBe('signed_in')
  })

  it('whose refresh is refused ends the sign-in and empties the caches; too many tries do not', async () => {
    const { adoptSignIn, get, getSession, onSignOut } = await tab()
    const emptied = vi.fn()
    onSignOut(emptied)
    adoptSignIn(await signedIn('old').json())
    answerCall = () => refused(401)
    answerRefresh = () => refused(429)
    await expect(get()).rejects.toMatchObject({ status: 429 })
    expect(getSession().status).toBe('signed_in')
    answerRefresh = () => refused(401)
    expect((await get()).status).toBe(401)
    expect(getSession()).toEqual({ status: 'signed_out', user: null })
    expect(emptied).toHaveBeenCalledOnce()
  })

  it('is refreshed by one tab after the other, never by two at once', async () => {
    let running = 0
    let most = 0
    answerRefresh = async () => {
      running += 1
      most = Math.max(most, running)
      await new Promise((done) => setTimeout(done, 5))
      running -= 1
      return signedIn('fresh')
    }
    const [first, second] = [await tab(), await tab()]
    await Promise.all([first.refresh(), second.refresh()])
    expect(refreshes).toHaveLength(2)
    expect(most).toBe(1)
  })
})

describe('tabs', () => {
  it('sign out together, and a signed-out tab follows a sign-in elsewhere', async () => {
    const [first, second] = [await tab(), await tab()]
    await Promise.all([first.startSession(), second.startSession()])
    const emptied = vi.fn()
    second.onSignOut(emptied)
    await first.signOut()
    expect(calls.at(-1)?.path).toBe('/api/v1/auth/logout')
    expect(second.getSession()).toEqual({ status: 'signed_out', user: null })
    expect(emptied).toHaveBeenCalledOnce()
    first.adoptSignIn(await signedIn('again').json())
    await vi.waitFor(() => expect(second.getSession().status).toBe('signed_in'))
  })

  it('sign out even when the server cannot be reached', async () => {
    const { startSession, signOut, getSession } = await tab()
    await startSession()
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network')))
    await signOut()
    expect(getSession().status).toBe('signed_out')
  })

  it('forget everything of one user when the browser now belongs to another', async () => {
    const { startSession, refresh, onSignOut, getSession } = await tab()
    await startSession()
    const emptied = vi.fn()
    onSignOut(emptied)
    await refresh()
    expect(emptied).not.toHaveBeenCalled()
    answerRefresh = () => signedIn('theirs', { ...USER, id: 'u2' })
    await refresh()
    expect(emptied).toHaveBeenCalledOnce()
    expect(getSession().user?.id).toBe('u2')
  })
})

describe('language and theme', () => {
  it('of the user win at sign-in, and a refresh does not undo a later switch', async () => {
    const theirs = { ...USER, language: 'en', theme: 'dark' }
    answerRefresh = () => signedIn('t', theirs)
    const { startSession, refresh } = await tab()
    await startSession()
    await vi.waitFor(() => expect(document.documentElement.lang).toBe('en'))
    expect(document.documentElement.dataset['theme']).toBe('dark')
    const { setTheme } = await import('./preferences')
    setTheme('light')
    await refresh()
    expect(document.documentElement.dataset['theme']).toBe('light')
  })
})
