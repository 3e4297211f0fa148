import { type ReactNode, type Ref, useId } from 'react'
import { cn } from '@/lib/cn'
import { FieldError } from './field'

type RadioOption<V extends string = string> = {
  value: V
  label: ReactNode
  hint?: ReactNode
  disabled?: boolean
}
export type RadioGroupProps<V extends string = string> = {
  /** Translated; the group's name. */
  label: ReactNode
  hideLabel?: boolean
  hint?: ReactNode
  error?: ReactNode
  options: readonly RadioOption<V>[]
  value: V | undefined
  onValueChange: (value: V) => void
  /** From a Controller, for focus on error. */
  ref?: Ref<HTMLInputElement>
  onBlur?: () => void
  disabled?: boolean
  /** Frames around the choices, for choices with a hint. */
  cards?: boolean
  className?: string
}

/** One of few, all visible. Native radios: arrow keys for free. Use with a Controller. */
export function RadioGroup<V extends string>({
  label,
  hideLabel,
  hint,
  error,
  options,
  value,
  onValueChange,
  ref,
  onBlur,
  disabled,
  cards,
  className,
}: RadioGroupProps<V>) {
  const id = useId()
  const hintId = hint ? `${id}-hint` : undefined
  const errorId = error ? `${id}-error` : undefined
  return (
    <fieldset
      disabled={disabled}
      aria-describedby={[errorId, hintId].filter(Boolean).join(' ') || undefined}
      className={cn('min-w-0', className)}
    >
      <legend className={hideLabel ? 'sr-only' : 'mb-1 font-semibold text-sm'}>{label}</legend>
      {hint ? (
        <p id={hintId} className="mb-1 text-muted text-sm">
          {hint}
        </p>
      ) : null}
      <div className={cards ? 'grid gap-2' : 'grid'}>
        {options.map((option, at) => (
          <label
            key={option.value}
            className={cn(
              'tap flex items-start gap-3 py-2 text-sm',
              cards &&
                'rounded-md border border-line px-3 has-checked:border-brand has-checked:bg-brand-soft',
            )}
          >
            <input
              ref={at === 0 ? ref : undefined}
              type="radio"
              name={id}
              value={option.value}
              checked={value === option.value}
              disabled={option.disabled}
              onBlur={onBlur}
              onChange={() => onValueChange(option.value)}
              aria-describedby={option.hint ? `${id}-${option.value}` : undefined}
              className="mt-0.5 size-5 shrink-0 accent-brand"
            />
            <span className="min-w-0">
              <span className="block">{option.label}</span>
              {option.hint ? (
                <span id={`${id}-${option.value}`} className="block text-muted">
                  {option.hint}
                </span>
              ) : null}
            </span>
          </label>
        ))}
      </div>
      {error ? <FieldError id={errorId}>{error}</FieldError> : null}
    </fieldset>
  )
}
