import { useErrorText } from '@/lib/errors'
import { Alert } from './alert'

/** Above the submit button: why the form as a whole was refused. Renders nothing without an error. */
export function FormError({ error, text }: { error: unknown; text?: string | undefined }) {
  const errorText = useErrorText()
  if (!error) return null
  return (
    <Alert tone="danger" live="assertive">
      {text ?? errorText(error)}
    </Alert>
  )
}
