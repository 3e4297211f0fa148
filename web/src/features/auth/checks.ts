/** What is wrong with a value, as a code of `errors:field_<code>`; null when nothing is. */
export type Check = (value: string) => string | null

export const email: Check = (value) => {
  if (!value.trim()) return 'blank'
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value.trim()) ? null : 'email'
}

/** Only that there is one: what it must be is said where a new one is chosen. */
export const password: Check = (value) => (value ? null : 'blank')

export const newPassword: Check = (value) => {
  if (!value) return 'blank'
  const length = Array.from(value).length
  return length >= 12 && length <= 128 ? null : 'password_length'
}

export const personName: Check = (value) => {
  const length = Array.from(value.trim()).length
  if (length === 0) return 'blank'
  return length <= 100 ? null : 'name_length'
}
