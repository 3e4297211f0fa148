import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ActionError } from '@/components/api-error'
import { Button } from '@/components/ui/button'
import { Dialog, DialogClose } from '@/components/ui/dialog'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { fromDhakaInput } from './rules'

const DAY_MS = 86_400_000

interface Props {
  now: number
  onClose(): void
  onChoose(until: Date): Promise<void>
}

/** A snooze until a moment of the person's own choice, as clocks in Dhaka show it. */
export default function SnoozeDialog({ now, onClose, onChoose }: Props) {
  const { t } = useTranslation('inbox')
  const { t: common } = useTranslation('common')
  const tomorrow = new Date(now + DAY_MS + 6 * 3_600_000).toISOString().slice(0, 10)
  const [value, setValue] = useState(`${tomorrow}T09:00`)
  const [wrong, setWrong] = useState(false)
  const [pending, setPending] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const choose = async () => {
    const until = fromDhakaInput(value)
    const ahead = until ? until.getTime() - Date.now() : 0
    if (!until || ahead <= 0 || ahead > 90 * DAY_MS) {
      setWrong(true)
      return
    }
    setPending(true)
    try {
      await onChoose(until)
    } catch (thrown) {
      setError(thrown)
      setPending(false)
    }
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('snooze_title')}
      description={t('snooze_text')}
      size="sm"
      footer={
        <>
          <DialogClose>
            <Button variant="secondary">{common('cancel')}</Button>
          </DialogClose>
          <Button pending={pending} onClick={() => void choose()}>
            {t('snooze')}
          </Button>
        </>
      }
    >
      <form
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault()
          void choose()
        }}
      >
        <Field label={t('snooze_time')} error={wrong ? t('snooze_invalid') : undefined}>
          <Input
            type="datetime-local"
            value={value}
            onChange={(event) => {
              setValue(event.target.value)
              setWrong(false)
            }}
          />
        </Field>
        <ActionError error={error} />
      </form>
    </Dialog>
  )
}
