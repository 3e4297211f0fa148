import { redirect } from '@tanstack/react-router'
import { getSession, startSession } from './session'

/** Only our own paths: an address of another site never gets into a redirect (R73). */
export function ownPath(next: unknown): string | undefined {
  if (typeof next !== 'string' || !next.startsWith('/') || next.startsWith('//') || next.includes('\\'))
    return undefined
  return next
}

/** For pages that need a sign-in: waits until it is known, else goes to /login and comes back. */
export async function requireSignIn(href: string) {
  await startSession()
  if (getSession().status !== 'signed_in') throw redirect({ to: '/login', search: { next: ownPath(href) } })
}

/** For sign-in pages: whoever is signed in already goes on. */
export async function requireSignedOut(next: string | undefined) {
  await startSession()
  if (getSession().status === 'signed_in') throw redirect({ href: next ?? '/client-dashboard' })
}
