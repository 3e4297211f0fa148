import { screen } from '@testing-library/react'
import { delay, http } from 'msw'
import type { ReactNode } from 'react'
import { describe, expect, it, vi } from 'vitest'
import { AnalyticsPage } from '@/features/analytics/analytics-page'
import { AccountPage } from '@/features/channels/account-page'
import { AccountsPage } from '@/features/channels/accounts-page'
import { ConnectPage } from '@/features/channels/connect-page'
import { TroublesPage } from '@/features/channels/troubles-page'
import { HomePage } from '@/features/home/home-page'
import { KnowledgePage } from '@/features/knowledge/knowledge-page'
import { PlatformPage } from '@/features/platform/platform-page'
import { AuditPage } from '@/features/settings/audit-page'
import { SettingsPage } from '@/features/settings/settings-page'
import { TeamPage } from '@/features/team/team-page'
import type { Namespace } from '@/i18n'
import { problem, renderOrganizationPage, startServer } from './organization-page'

vi.mock('@/app/live', () => import('./fake-live'))

const FORBIDDEN = 'আপনি এই পাতা দেখতে পারবেন না'
const server = startServer()
const PAGES: [() => ReactNode, string, string, Namespace[]][] = [
  [HomePage, '/client-dashboard', '/client-dashboard', ['home', 'onboarding']],
  [AnalyticsPage, '/analytics', '/analytics', ['analytics']],
  [TeamPage, '/team', '/team', ['team']],
  [SettingsPage, '/settings', '/settings', ['settings']],
  [SettingsPage, '/settings', '/settings?tab=keys', ['settings']],
  [AuditPage, '/audit', '/audit', ['settings']],
  [AccountsPage, '/social/accounts', '/social/accounts', ['channels']],
  [AccountPage, '/social/accounts/$accountId', '/social/accounts/a', ['channels']],
  [ConnectPage, '/social/accounts/connect/$platform', '/social/accounts/connect/whatsapp', ['channels']],
  [TroublesPage, '/troubles', '/troubles', ['channels']],
  [KnowledgePage, '/knowledge', '/knowledge', ['knowledge']],
  [KnowledgePage, '/knowledge', '/knowledge?tab=unanswered', ['knowledge']],
  [PlatformPage, '/admin-dashboard', '/admin-dashboard', ['admin']],
  [PlatformPage, '/admin-dashboard', '/admin-dashboard?tab=users', ['admin']],
  [PlatformPage, '/admin-dashboard', '/admin-dashboard?tab=queue', ['admin']],
]

describe.each(PAGES)('a page (%#)', (page, route, at, texts) => {
  const show = (language: 'bn' | 'en') =>
    renderOrganizationPage(page, { route, at, texts, language, user: { is_platform_admin: true } })

  it(`${at} says that it loads, and claims neither that nothing is there nor a failure`, async () => {
    server.use(http.all('*', () => delay('infinite')))
    await show('en')
    expect((await screen.findAllByText('Loading…')).length).toBeGreaterThan(0)
    expect(screen.queryByText(/^(No|Nothing|Nobody|Every|Everything) /)).toBeNull()
    expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull()
  })

  it(`${at} tells in Bangla that the role does not allow it, without offering another try`, async () => {
    server.use(http.all('*', () => problem(403, 'forbidden')))
    await show('bn')
    expect((await screen.findAllByText(FORBIDDEN)).length).toBeGreaterThan(0)
    expect(screen.queryByRole('button', { name: 'আবার চেষ্টা করুন' })).toBeNull()
  })
})
