import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { announce } from './announcer'
import { Button, type ButtonProps } from './button'
import { IconButton } from './icon-button'

async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) {
    try {
      return await navigator.clipboard.writeText(text)
    } catch {
      // No permission (a frame, an old browser): the old way below.
    }
  }
  const area = document.createElement('textarea')
  area.value = text
  area.setAttribute('readonly', '')
  area.style.position = 'fixed'
  area.style.opacity = '0'
  const before = document.activeElement
  // Inside the dialog when there is one: its focus trap would take the selection away.
  ;(before?.closest('[role="dialog"],[role="alertdialog"]') ?? document.body).append(area)
  area.select()
  const done = document.execCommand?.('copy') ?? false
  area.remove()
  if (before instanceof HTMLElement) before.focus()
  if (!done) throw new Error('copy refused')
}

export type CopyButtonProps = {
  /** What is copied; Latin digits. */
  value: string
  /** Translated name, such as "Copy the callback URL"; default "Copy". */
  label?: string
  /** An icon with a tooltip instead of a button with text. */
  iconOnly?: boolean
  variant?: Exclude<ButtonProps['variant'], null>
  className?: string
}

/** Copies a text, shows and says that it did (or could not). */
export function CopyButton({ value, label, iconOnly, variant = 'secondary', className }: CopyButtonProps) {
  const { t } = useTranslation('ui')
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 2_000)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = () => {
    copyText(value).then(
      () => {
        setCopied(true)
        announce(t('copied'))
      },
      () => announce(t('copyFailed')),
    )
  }
  const name = label ?? t('copy')
  const icon = copied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />
  if (iconOnly) {
    return (
      <IconButton label={copied ? t('copied') : name} onClick={copy} className={className}>
        {icon}
      </IconButton>
    )
  }
  return (
    <Button
      variant={variant}
      size="sm"
      className={className}
      onClick={copy}
      icon={<span className="[&_svg]:size-4">{icon}</span>}
    >
      {copied ? t('copied') : name}
    </Button>
  )
}
