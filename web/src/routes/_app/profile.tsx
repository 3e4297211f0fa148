import { createFileRoute } from '@tanstack/react-router'
import { ProfilePage } from '@/features/profile/profile-page'
import { loadTexts } from '@/i18n'

export const Route = createFileRoute('/_app/profile')({
  loader: () => loadTexts('profile'),
  component: ProfilePage,
})
