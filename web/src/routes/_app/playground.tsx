import { createFileRoute } from '@tanstack/react-router'
import { PlaygroundPage } from '@/features/playground/playground-page'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/_app/playground')({
  validateSearch: (
    search: Record<string, unknown>,
  ): { agent?: string; version?: number; compare?: number } => ({
    agent: typeof search['agent'] === 'string' ? search['agent'] : undefined,
    version: Number(search['version']) || undefined,
    compare: Number(search['compare']) || undefined,
  }),
  loader: () => loadTexts('playground'),
  component: PlaygroundPage,
})
