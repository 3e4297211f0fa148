import { type FormEvent, useRef, useState } from 'react'
import { type ApiError, toApiError } from '@/api/client'
import { useFieldText } from '@/lib/errors'
import type { Check } from './checks'

interface Options<Name extends string> {
  checks: Record<Name, Check>
  defaultValues?: Partial<Record<Name, string>>
  /** Throws what the server refuses. */
  submit(values: Record<Name, string>): Promise<void>
}

/**
 * The forms of the sign-in pages behave as lib/server-form does, without its 20 kB of libraries: these pages come first,
 * often over a slow line, and have two or three inputs.
 */
export function useAuthForm<Name extends string>({ checks, defaultValues = {}, submit }: Options<Name>) {
  const names = Object.keys(checks) as Name[]
  const inputs = useRef<Partial<Record<Name, HTMLInputElement | null>>>({})
  const [wrong, setWrong] = useState<Partial<Record<Name, string | null>>>({})
  const [failure, setFailure] = useState<ApiError | null>(null)
  const [pending, setPending] = useState(false)
  const fieldText = useFieldText()

  const currentValue = (name: Name) => inputs.current[name]?.value ?? ''
  const focusFirst = (found: Partial<Record<Name, string | null>>) => {
    const first = names.find((name) => found[name])
    if (first) inputs.current[first]?.focus()
  }
  const run = async () => {
    const found = Object.fromEntries(names.map((name) => [name, checks[name](currentValue(name))]))
    setWrong(found as Partial<Record<Name, string | null>>)
    setFailure(null)
    if (names.some((name) => found[name])) return focusFirst(found as Partial<Record<Name, string | null>>)
    setPending(true)
    try {
      await submit(
        Object.fromEntries(names.map((name) => [name, currentValue(name)])) as Record<Name, string>,
      )
    } catch (error) {
      const problem = toApiError(error)
      const placed: Partial<Record<Name, string>> = {}
      for (const { field, code } of problem.fields) if (field in checks) placed[field as Name] ??= code
      setWrong(placed)
      if (Object.keys(placed).length > 0) focusFirst(placed)
      else setFailure(problem)
    } finally {
      setPending(false)
    }
  }

  return {
    onSubmit: (event: FormEvent) => {
      event.preventDefault()
      if (!pending) void run()
    },
    register: (name: Name) => ({
      name,
      defaultValue: defaultValues[name],
      ref: (input: HTMLInputElement | null) => {
        inputs.current[name] = input
      },
      // An input that was only passed through is not called wrong yet.
      onBlur: () =>
        currentValue(name) && setWrong((old) => ({ ...old, [name]: checks[name](currentValue(name)) })),
      onChange: () =>
        wrong[name] && setWrong((old) => ({ ...old, [name]: checks[name](currentValue(name)) })),
    }),
    error: (name: Name) => fieldText(wrong[name] ?? undefined),
    /** Empties an input and goes there. */
    ask: (name: Name) => {
      const input = inputs.current[name]
      if (!input) return
      input.value = ''
      input.focus()
    },
    failure,
    pending,
  }
}
