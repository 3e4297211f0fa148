import { CloudOff } from 'lucide-react'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { useFormat } from '@/lib/format'
import { useLiveStatus } from '../live-provider'

const PATIENCE_MS = 5000

function useOnline() {
  return useSyncExternalStore(
    (listener) => {
      window.addEventListener('online', listener)
      window.addEventListener('offline', listener)
      return () => {
        window.removeEventListener('online', listener)
        window.removeEventListener('offline', listener)
      }
    },
    () => navigator.onLine,
  )
}

/** Says what may be stale and since when, once live updates are away for 5 s; goes by itself when they are back. */
export function LiveBar() {
  const { t } = useTranslation('shell')
  const format = useFormat()
  const online = useOnline()
  const { state, since } = useLiveStatus()
  const down = state === 'down' || !online
  const [late, setLate] = useState(false)
  useEffect(() => {
    if (!down) {
      setLate(false)
      return
    }
    const timer = setTimeout(() => setLate(true), PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [down])

  // The region stands always: only what changes inside it is spoken.
  return (
    <div role="status">
      {down && late && (
        <p className="flex items-start gap-2 border-warn border-b bg-warn-soft px-4 py-2 text-sm">
          <CloudOff aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-warn" />
          <span>{t(online ? 'live_down' : 'offline', { time: format.time(since) })}</span>
        </p>
      )}
    </div>
  )
}
