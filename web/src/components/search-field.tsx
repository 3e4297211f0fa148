import { Search } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { Field } from './ui/field'
import { Input } from './ui/input'

interface Props {
  label: string
  value: string
  onChange(value: string): void
  maxLength?: number
  className?: string
}

/** Tells its value a moment after the last key, so that not every letter is a request. */
export function SearchField({ label, value, onChange, maxLength = 100, className = 'max-w-md' }: Props) {
  const [typed, setTyped] = useState(value)
  const told = useRef(value)
  // Somebody else changed it ("show all"); an echo of what was told must not undo the letters typed since.
  useEffect(() => {
    if (value === told.current) return
    told.current = value
    setTyped(value)
  }, [value])
  useEffect(() => {
    if (typed === told.current) return
    const timer = setTimeout(() => {
      told.current = typed
      onChange(typed)
    }, 300)
    return () => clearTimeout(timer)
  }, [typed, onChange])
  return (
    <Field label={label} hideLabel className={className}>
      <Input
        type="search"
        icon={<Search aria-hidden="true" />}
        placeholder={label}
        maxLength={maxLength}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
    </Field>
  )
}
