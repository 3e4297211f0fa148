import { CircleAlert } from 'lucide-react'
import { createContext, type ReactNode, use, useId } from 'react'
import { useTranslation } from 'react-i18next'
import { cn } from '@/lib/cn'

type FieldWiring = { id: string; describedBy: string | undefined; invalid: boolean; required: boolean }
const FieldContext = createContext<FieldWiring | null>(null)

export type FieldProps = {
  label: ReactNode
  hint?: ReactNode
  /** Translated; from `formState.errors.<name>`. Its presence marks the input as invalid. */
  error?: ReactNode
  /** Tells screen readers; the rest of the form is then marked with `optional`. */
  required?: boolean
  /** Adds "(optional)" to the label. */
  optional?: boolean
  /** Label for screen readers only (search boxes). */
  hideLabel?: boolean
  /** A link or small button at the label's end. */
  aside?: ReactNode
  className?: string
  /** One control: Input, Textarea, Select, SecretInput. It takes id and aria from here. */
  children: ReactNode
}

/** Label above, control, hint and error below, all wired together. Works with `register` of react-hook-form. */
export function Field({
  label,
  hint,
  error,
  required,
  optional,
  hideLabel,
  aside,
  className,
  children,
}: FieldProps) {
  const { t } = useTranslation('ui')
  const id = useId()
  const hintId = hint ? `${id}-hint` : undefined
  const errorId = error ? `${id}-error` : undefined
  const describedBy = [errorId, hintId].filter(Boolean).join(' ') || undefined
  return (
    <div className={cn('flex min-w-0 flex-col gap-1', className)}>
      <div className={hideLabel ? 'sr-only' : 'flex flex-wrap items-baseline justify-between gap-x-3'}>
        <label htmlFor={id} className="font-semibold text-sm">
          {label}
          {optional ? (
            <>
              {' '}
              <span className="font-normal text-muted">{t('optional')}</span>
            </>
          ) : null}
        </label>
        {aside}
      </div>
      <FieldContext value={{ id, describedBy, invalid: Boolean(error), required: Boolean(required) }}>
        {children}
      </FieldContext>
      {hint ? (
        <p id={hintId} className="text-muted text-sm">
          {hint}
        </p>
      ) : null}
      {error ? <FieldError id={errorId}>{error}</FieldError> : null}
    </div>
  )
}

/** The line under an input that says what is wrong. */
export function FieldError({ id, children }: { id?: string; children: ReactNode }) {
  return (
    <p id={id} className="flex items-start gap-1.5 text-danger text-sm">
      <CircleAlert aria-hidden="true" className="mt-1 size-4 shrink-0" />
      <span className="min-w-0">{children}</span>
    </p>
  )
}

type ControlProps = {
  id?: string
  required?: boolean
  'aria-describedby'?: string
  'aria-invalid'?: boolean | 'true' | 'false' | 'grammar' | 'spelling'
  'aria-required'?: boolean | 'true' | 'false'
}

/** For controls: id and aria from the Field around them, own props winning. */
export function useFieldControl(own: ControlProps): ControlProps {
  const field = use(FieldContext)
  if (!field) return {}
  return {
    id: own.id ?? field.id,
    'aria-describedby': [own['aria-describedby'], field.describedBy].filter(Boolean).join(' ') || undefined,
    'aria-invalid': own['aria-invalid'] ?? (field.invalid || undefined),
    // Not the `required` attribute: the browser would show its own bubble in its own language.
    'aria-required': own['aria-required'] ?? (field.required || undefined),
  }
}

export const controlStyle =
  'tap w-full min-w-0 rounded-md border border-line-strong bg-bg px-3 py-1.5 text-base text-fg disabled:bg-panel disabled:text-muted aria-invalid:border-danger sm:text-sm'
