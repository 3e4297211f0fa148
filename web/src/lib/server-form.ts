import { zodResolver } from '@hookform/resolvers/zod'
import { useState } from 'react'
import { type DefaultValues, type FieldValues, type Path, useForm } from 'react-hook-form'
import type { ZodMiniType } from 'zod/mini'
import { type ApiError, toApiError } from '@/api/client'
import { useFieldText } from './errors'

interface Options<Values extends FieldValues> {
  /** Messages of its checks are field codes: `z.minLength(1, 'blank')`. */
  schema: ZodMiniType<Values, Values>
  defaultValues: DefaultValues<Values>
  /** Throws what the server refuses. */
  submit(values: Values): Promise<void>
  /** Names of the server's fields that are called otherwise here. */
  fields?: Record<string, Path<Values>>
}

/** A form that is checked here first, and puts what the server finds wrong beside the fields it is about. */
export function useServerForm<Values extends FieldValues>({
  schema,
  defaultValues,
  submit,
  fields = {},
}: Options<Values>) {
  const form = useForm<Values, unknown, Values>({
    resolver: zodResolver<Values, unknown, Values>(schema),
    mode: 'onTouched',
    defaultValues,
  })
  const [failure, setFailure] = useState<ApiError | null>(null)
  const fieldText = useFieldText()
  const { errors, isSubmitting, isDirty } = form.formState

  const onSubmit = form.handleSubmit(async (values) => {
    setFailure(null)
    try {
      await submit(values)
    } catch (error) {
      const problem = toApiError(error)
      const known = problem.fields.flatMap(({ field, code }) => {
        const name = fields[field] ?? (field in values ? (field as Path<Values>) : undefined)
        return name ? [{ name, code }] : []
      })
      for (const [at, { name, code }] of known.entries())
        form.setError(name, { type: 'server', message: code }, { shouldFocus: at === 0 })
      if (known.length === 0) setFailure(problem)
    }
  })

  return {
    ...form,
    onSubmit,
    /** What no field is about: for <FormError>. */
    failure,
    pending: isSubmitting,
    dirty: isDirty,
    /** Translated error of a field. */
    error: (name: Path<Values>) => {
      const found = form.getFieldState(name, { ...form.formState, errors }).error
      return fieldText(found?.message)
    },
  }
}
