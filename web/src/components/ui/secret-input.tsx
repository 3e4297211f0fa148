import { Eye, EyeOff } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { IconButton } from './icon-button'
import { Input, type InputProps } from './input'

export type SecretInputProps = Omit<InputProps, 'type' | 'icon'> & {
  /** The server has one already: the placeholder says so, and an empty input keeps it. */
  saved?: boolean
}

/** A key or token that is written and never read back. For sign-in passwords give autoComplete. */
export function SecretInput({
  saved = false,
  placeholder,
  className,
  autoComplete = 'off',
  ...rest
}: SecretInputProps) {
  const { t } = useTranslation('ui')
  const [shown, setShown] = useState(false)
  return (
    <span className="flex min-w-0 gap-1">
      <Input
        spellCheck={false}
        autoCapitalize="none"
        autoCorrect="off"
        {...rest}
        type={shown ? 'text' : 'password'}
        autoComplete={autoComplete}
        placeholder={saved ? t('secretSaved') : placeholder}
        className={className}
      />
      <IconButton label={shown ? t('hideSecret') : t('showSecret')} onClick={() => setShown(!shown)}>
        {shown ? <EyeOff aria-hidden="true" /> : <Eye aria-hidden="true" />}
      </IconButton>
    </span>
  )
}
