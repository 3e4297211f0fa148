import { type ComponentProps, type ReactNode, useId } from 'react'
import { cn } from '@/lib/cn'
import { FieldError } from './field'

export type CheckboxProps = Omit<ComponentProps<'input'>, 'type' | 'children'> & {
  label: ReactNode
  hint?: ReactNode
  error?: ReactNode
}

/** A checkbox with its label beside it. Native: works with `register`. */
export function Checkbox({ label, hint, error, className, ...rest }: CheckboxProps) {
  return <Choice {...rest} label={label} hint={hint} error={error} className={className} kind="checkbox" />
}

export type SwitchProps = CheckboxProps

/** An on/off setting that takes effect at once. Native checkbox with role switch: works with `register`. */
export function Switch({ label, hint, error, className, ...rest }: SwitchProps) {
  return <Choice {...rest} label={label} hint={hint} error={error} className={className} kind="switch" />
}

function Choice({
  label,
  hint,
  error,
  className,
  kind,
  ...rest
}: CheckboxProps & { kind: 'checkbox' | 'switch' }) {
  const id = useId()
  const hintId = hint ? `${id}-hint` : undefined
  const errorId = error ? `${id}-error` : undefined
  const isSwitch = kind === 'switch'
  return (
    <div className={cn('min-w-0', className)}>
      <label className="tap flex items-start gap-3 py-2 text-sm">
        <input
          {...rest}
          type="checkbox"
          {...(isSwitch ? { role: 'switch' } : {})}
          aria-describedby={[errorId, hintId].filter(Boolean).join(' ') || undefined}
          aria-invalid={error ? true : undefined}
          className={
            isSwitch
              ? 'relative mt-0.5 h-5 w-9 shrink-0 appearance-none rounded-full border border-line-strong bg-panel transition-colors before:absolute before:top-0.5 before:left-0.5 before:size-3.5 before:rounded-full before:bg-line-strong before:transition-transform checked:border-brand checked:bg-brand checked:before:translate-x-4 checked:before:bg-brand-fg disabled:opacity-60'
              : 'mt-0.5 size-5 shrink-0 accent-brand disabled:opacity-60'
          }
        />
        <span className="min-w-0">{label}</span>
      </label>
      {hint ? (
        <p id={hintId} className={cn('-mt-1 text-muted text-sm', isSwitch ? 'pl-12' : 'pl-8')}>
          {hint}
        </p>
      ) : null}
      {error ? <FieldError id={errorId}>{error}</FieldError> : null}
    </div>
  )
}
