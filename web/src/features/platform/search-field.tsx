import { Search } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'

interface Props {
  label: string
  value: string
  onChange(value: string): void
}

/** Tells its value a moment after the last key, so that not every letter is a request. */
export function SearchField({ label, value, onChange }: Props) {
  const [typed, setTyped] = useState(value)
  useEffect(() => {
    if (typed === value) return
    const timer = setTimeout(() => onChange(typed), 300)
    return () => clearTimeout(timer)
  }, [typed, value, onChange])
  return (
    <Field label={label} hideLabel className="max-w-md">
      <Input
        type="search"
        icon={<Search aria-hidden="true" />}
        placeholder={label}
        maxLength={100}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
    </Field>
  )
}
