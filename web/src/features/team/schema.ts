import * as z from 'zod/mini'

/** Texts are keys of the `team` and `auth` namespaces; the form translates them. */
export const inviteSchema = z.object({
  email: z.string().check(z.trim(), z.email(), z.maxLength(254)),
  role: z.enum(['viewer', 'operator', 'admin', 'owner']),
})

export type InviteForm = z.infer<typeof inviteSchema>
