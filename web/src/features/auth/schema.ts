import * as z from 'zod/mini'

/** The messages are field codes, translated in `errors:field_<code>`. */
export const email = z
  .string()
  .check(z.trim(), z.minLength(1, 'blank'), z.regex(/^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'email'))
/** Only that there is one: what it must be is said where a new one is chosen. */
export const password = z.string().check(z.minLength(1, 'blank'))
export const newPassword = z.string().check(
  z.minLength(1, 'blank'),
  z.refine((text) => {
    const length = Array.from(text).length
    return length >= 12 && length <= 128
  }, 'password_length'),
)
export const personName = z.string().check(z.trim(), z.minLength(1, 'blank'), z.maxLength(100, 'name_length'))
