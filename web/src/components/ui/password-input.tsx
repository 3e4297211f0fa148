import { Eye, EyeOff } from 'lucide-react'
import { type ComponentProps, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { cn } from '@/lib/cn'
import { controlStyle, useFieldControl } from './field'

export type PasswordInputProps = Omit<ComponentProps<'input'>, 'type'> & {
  autoComplete: 'current-password' | 'new-password'
}

/** A password with a button that shows it. Small: /login loads it. */
export function PasswordInput({ className, ...rest }: PasswordInputProps) {
  const { t } = useTranslation('ui')
  const [shown, setShown] = useState(false)
  const wiring = useFieldControl(rest)
  const Icon = shown ? EyeOff : Eye
  return (
    <span className="relative block min-w-0">
      <input
        maxLength={1024}
        spellCheck={false}
        autoCapitalize="none"
        autoCorrect="off"
        {...rest}
        {...wiring}
        type={shown ? 'text' : 'password'}
        className={cn(controlStyle, 'pr-12', className)}
      />
      <button
        type="button"
        aria-label={shown ? t('hidePassword') : t('showPassword')}
        aria-pressed={shown}
        onClick={() => setShown(!shown)}
        className="tap-square absolute inset-y-0 right-0 inline-flex items-center justify-center rounded-md text-muted hover:text-fg"
      >
        <Icon aria-hidden="true" className="size-5" />
      </button>
    </span>
  )
}
