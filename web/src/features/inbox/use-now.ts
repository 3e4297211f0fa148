import { useEffect, useState, useSyncExternalStore } from 'react'

/** The time, moving on by itself: windows close and snoozes end while somebody looks. */
export function useNow(every = 30_000): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every)
    return () => clearInterval(timer)
  }, [every])
  return now
}

function onFocus(listener: () => void) {
  window.addEventListener('focus', listener)
  window.addEventListener('blur', listener)
  document.addEventListener('visibilitychange', listener)
  return () => {
    window.removeEventListener('focus', listener)
    window.removeEventListener('blur', listener)
    document.removeEventListener('visibilitychange', listener)
  }
}

export function isFocused(): boolean {
  return document.visibilityState === 'visible' && document.hasFocus()
}

/** Whether a person is looking at this tab. */
export function useFocused(): boolean {
  return useSyncExternalStore(onFocus, isFocused)
}

function onNetwork(listener: () => void) {
  window.addEventListener('online', listener)
  window.addEventListener('offline', listener)
  return () => {
    window.removeEventListener('online', listener)
    window.removeEventListener('offline', listener)
  }
}

export function useOnline(): boolean {
  return useSyncExternalStore(onNetwork, () => navigator.onLine)
}
