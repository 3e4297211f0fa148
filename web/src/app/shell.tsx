import { Outlet, useLocation, useNavigate } from '@tanstack/react-router'
import { Suspense, useEffect } from 'react'
import { LiveProvider } from './live-provider'
import { useMaybeOrganization } from './organization'
import { PagePending } from './page-states'
import { useSession } from './session'

/** The frame of every page behind the sign-in. Leaves for /login when the sign-in ends, whoever ended it. */
export function Shell() {
  const { status, user } = useSession()
  const navigate = useNavigate()
  const { href } = useLocation()

  useEffect(() => {
    if (status === 'signed_out') void navigate({ to: '/login', search: { next: href }, replace: true })
  }, [status, href, navigate])

  if (!user) return null
  return <Frame userId={user.id} />
}

function Frame({ userId }: { userId: string }) {
  const organization = useMaybeOrganization()
  return (
    <LiveProvider organizationId={organization?.id ?? null} userId={userId}>
      <Suspense fallback={<PagePending />}>
        <Outlet />
      </Suspense>
    </LiveProvider>
  )
}
