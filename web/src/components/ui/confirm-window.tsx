import { AlertDialog as Radix } from 'radix-ui'
import { useId, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Alert } from './alert'
import { Button } from './button'
import type { ConfirmDialogProps } from './confirm-dialog'
import type { WindowProps } from './dialog'
import { Field } from './field'
import { useFocusReturn } from './focus-return'
import { Textarea } from './textarea'

/** Asks before something that hurts. The safe choice has the focus. */
export function ConfirmWindow({
  open,
  onOpenChange,
  title,
  description,
  confirmLabel,
  cancelLabel,
  tone = 'danger',
  onConfirm,
  error,
  reason,
  children,
}: WindowProps<ConfirmDialogProps>) {
  const { t } = useTranslation('ui')
  const [pending, setPending] = useState(false)
  const [text, setText] = useState('')
  const [missing, setMissing] = useState(false)
  const cancel = useRef<HTMLButtonElement>(null)
  const area = useRef<HTMLTextAreaElement>(null)
  const focus = useFocusReturn(cancel)
  const formId = useId()
  const change = (next: boolean) => {
    if (pending) return
    if (!next) {
      setText('')
      setMissing(false)
    }
    onOpenChange(next)
  }
  const least = reason?.required ? (reason.minLength ?? 1) : 0
  const confirm = async () => {
    const given = text.trim()
    if (given.length < least) {
      setMissing(true)
      area.current?.focus()
      return
    }
    setPending(true)
    try {
      await onConfirm(given)
    } catch {
      // The caller shows why through `error`.
      setPending(false)
      return
    }
    setPending(false)
    setText('')
    setMissing(false)
    onOpenChange(false)
  }
  return (
    <Radix.Root open={open} onOpenChange={change}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 animate-fade bg-scrim" />
        <Radix.Content
          {...focus}
          className="fixed inset-x-0 bottom-0 z-50 max-h-[92dvh] overflow-y-auto rounded-t-lg border border-line bg-raised p-4 shadow-float max-sm:animate-from-bottom sm:inset-x-auto sm:top-1/2 sm:bottom-auto sm:left-1/2 sm:w-[calc(100%-2rem)] sm:max-w-md sm:-translate-x-1/2 sm:-translate-y-1/2 sm:animate-fade sm:rounded-lg"
        >
          <Radix.Title className="break-words text-lg">{title}</Radix.Title>
          <Radix.Description className="mt-1 break-words text-muted text-sm">{description}</Radix.Description>
          <form
            id={formId}
            className="mt-3 grid gap-3"
            onSubmit={(event) => {
              event.preventDefault()
              // A dialog may stand inside another form of the React tree.
              event.stopPropagation()
              if (!pending) void confirm()
            }}
          >
            {children}
            {reason ? (
              <Field
                label={reason.label ?? t('reason')}
                hint={reason.hint}
                error={missing ? reason.required : undefined}
                required={Boolean(reason.required)}
                optional={!reason.required}
              >
                <Textarea
                  ref={area}
                  value={text}
                  maxLength={reason.maxLength ?? 500}
                  onChange={(event) => {
                    setText(event.target.value)
                    setMissing(false)
                  }}
                />
              </Field>
            ) : null}
            {typeof error === 'string' ? (
              <Alert tone="danger" live="assertive">
                {error}
              </Alert>
            ) : (
              error
            )}
            <div className="flex flex-col-reverse gap-2 sm:flex-row sm:justify-end">
              <Radix.Cancel asChild>
                <Button ref={cancel} variant="secondary">
                  {cancelLabel ?? t('cancel')}
                </Button>
              </Radix.Cancel>
              <Button type="submit" variant={tone} pending={pending}>
                {confirmLabel}
              </Button>
            </div>
          </form>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
