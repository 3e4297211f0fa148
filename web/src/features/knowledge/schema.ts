import * as z from 'zod/mini'

/** The server's own limits (KnowledgeInput in the API's document). */
const MAX_QUESTIONS = 20
const MAX_QUESTION = 500
export const MAX_TITLE = 200
export const MAX_ANSWER = 4000

/** The ways to ask as one writes them: a line each. */
export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
}

const questions = z.string().check(
  z.refine((text) => {
    const lines = linesOf(text)
    return (
      lines.length >= 1 && lines.length <= MAX_QUESTIONS && lines.every((line) => line.length <= MAX_QUESTION)
    )
  }),
)

export const entrySchema = z
  .object({
    title: z.string().check(z.trim(), z.maxLength(MAX_TITLE)),
    questions,
    answer_bn: z.string().check(z.trim(), z.maxLength(MAX_ANSWER)),
    answer_en: z.string().check(z.trim(), z.maxLength(MAX_ANSWER)),
  })
  .check(
    z.refine((entry) => Boolean(entry.answer_bn || entry.answer_en), {
      path: ['answer_bn'],
      params: { missing: true },
    }),
  )

export type EntryForm = z.infer<typeof entrySchema>
