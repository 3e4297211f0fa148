import { createFileRoute } from '@tanstack/react-router'
import { HomePage } from '@/features/home/home-page'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/_app/client-dashboard')({
  loader: () => loadTexts('home', 'onboarding'),
  component: HomePage,
})
