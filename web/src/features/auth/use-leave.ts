import { useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useSession } from '@/app/session'

/** Goes on as soon as somebody is signed in: by this form, or in another tab. */
export function useLeaveWhenSignedIn(next: string | undefined) {
  const { status } = useSession()
  const { history } = useRouter()
  useEffect(() => {
    if (status === 'signed_in') history.replace(next ?? '/client-dashboard')
  }, [status, next, history])
}
