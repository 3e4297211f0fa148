import { useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import { loadWindows } from '@/components/ui/windows'
import { LiveProvider } from './live-provider'
import { useMaybeOrganization } from './organization'
import { useSession } from './session'
import { Frame } from './shell/frame'

/** The frame of every page behind the sign-in. Leaves for /login when the sign-in ends, whoever ended it. */
export function Shell() {
  const { status, user } = useSession()
  const router = useRouter()

  useEffect(() => {
    // The address is read once: an effect that followed it would chase its own way to /login without end.
    if (status !== 'signed_out') return
    void router.navigate({ to: '/login', search: { next: router.state.location.href }, replace: true })
  }, [status, router])

  if (!user) return null
  // Keyed: nothing of one person's pages survives when the browser now belongs to another.
  return <SignedInShell key={user.id} userId={user.id} />
}

/** Long enough for the first page to be there. */
const QUIET_MS = 3000

function SignedInShell({ userId }: { userId: string }) {
  const organization = useMaybeOrganization()
  useEffect(() => {
    const timer = setTimeout(() => void loadWindows().catch(() => undefined), QUIET_MS)
    return () => clearTimeout(timer)
  }, [])
  return (
    <LiveProvider organizationId={organization?.id ?? null} userId={userId}>
      <Frame organization={organization} />
    </LiveProvider>
  )
}
