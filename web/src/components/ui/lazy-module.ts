import { cloneElement, type ReactElement, useEffect, useReducer } from 'react'

/**
 * Code that a page needs only after a deed (menus, windows): loaded then, or before in a quiet moment, and there at once
 * ever after.
 */
export interface LazyModule<M> {
  /** The module, if it is here. */
  get(): M | null
  load(): Promise<M>
}

export function lazyModule<M>(fetch: () => Promise<M>): LazyModule<M> {
  let module: M | null = null
  let loading: Promise<M> | null = null
  return {
    get: () => module,
    load() {
      loading ??= fetch().then(
        (loaded) => {
          module = loaded
          return loaded
        },
        (error) => {
          // The next try may succeed: the network was down, or a new version is there (the shell offers it).
          loading = null
          throw error
        },
      )
      return loading
    },
  }
}

/** The module once it is `wanted` and here. */
export function useModule<M>(lazy: LazyModule<M>, wanted: boolean): M | null {
  const [, redraw] = useReducer((count: number) => count + 1, 0)
  const missing = wanted && lazy.get() === null
  useEffect(() => {
    if (!missing) return
    let gone = false
    lazy.load().then(
      () => gone || redraw(),
      () => undefined,
    )
    return () => {
      gone = true
    }
  }, [missing, lazy])
  return wanted ? lazy.get() : null
}

type Handlers = Record<string, unknown>

/** The element with more props; handlers of both run, its own first. */
export function withProps(element: ReactElement, more: Handlers): ReactElement {
  const own = element.props as Handlers
  const merged: Handlers = { ...more }
  for (const [name, added] of Object.entries(more)) {
    const before = own[name]
    if (typeof added !== 'function' || typeof before !== 'function') continue
    merged[name] = (...args: unknown[]) => {
      before(...args)
      added(...args)
    }
  }
  return cloneElement(element, merged)
}
