import { type ReactNode, useEffect, useRef, useState } from 'react'

/** Shows what stands far below only when somebody scrolls near it: a cheap phone first draws what is seen first. */
export function NearScreen({ children }: { children: ReactNode }) {
  const place = useRef<HTMLDivElement>(null)
  const [near, setNear] = useState(typeof IntersectionObserver === 'undefined')
  useEffect(() => {
    if (near || !place.current) return
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) setNear(true)
      },
      { rootMargin: '100px' },
    )
    observer.observe(place.current)
    return () => observer.disconnect()
  }, [near])
  // The height keeps the place: something must be there to be scrolled to.
  return (
    <div ref={place} className="min-h-96">
      {near ? children : null}
    </div>
  )
}
