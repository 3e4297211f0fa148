import { Outlet, useLocation } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLiveEvent } from '@/app/live-provider'
import { toast } from '@/components/ui/toast'
import { Toaster } from '@/components/ui/toaster'
import { cn } from '@/lib/cn'
import { setHotkeysEnabled, useHotkey } from '@/lib/hotkeys'
import type { CurrentOrganization } from '../organization'
import { usePageFocus } from '../page-focus'
import { InsideMain, PageForbidden, PagePending } from '../page-states'
import { useDocumentTitle, useNamedTitle } from '../page-title'
import { useUser } from '../session'
import { NewVersionBanner, SuspendedBanner, ViewingBanner } from './banners'
import { BottomBar } from './bottom-bar'
import { useInboxCounts } from './counts'
import { LiveBar } from './live-bar'
import { placeOf, placesFor } from './navigation'
import { Sidebar } from './sidebar'
import { TopBar } from './top-bar'
import { useViewingEnds } from './viewing'

const CommandPalette = lazy(() => import('./command-palette'))
const ShortcutsHelp = lazy(() => import('./shortcuts-help'))
const InboxNotifications = lazy(() => import('@/features/inbox/notifications'))
const CreateOrganization = lazy(() => import('@/features/onboarding/create-organization'))

/** Pages that divide the whole window themselves, to its edges. */
const FULL_HEIGHT = /^\/(inbox|playground)(\/|$)/
/** Pages that mean something without an organization. */
const WITHOUT_ORGANIZATION = /^\/(profile|admin-dashboard)(\/|$)/

export function Frame({ organization }: { organization: CurrentOrganization | null }) {
  const { t } = useTranslation(['shell', 'common'])
  const user = useUser()
  const { pathname } = useLocation()
  const places = placesFor(organization, user.is_platform_admin)
  const counts = useInboxCounts(organization?.id ?? null)
  const waiting = counts?.needs_human ?? 0
  const [palette, setPalette] = useState(false)
  const [help, setHelp] = useState(false)
  usePageFocus()
  useViewingEnds()
  useTitle(organization, waiting)

  useEffect(() => setHotkeysEnabled(user.shortcuts), [user.shortcuts])
  const group = t('shell:shortcuts_everywhere')
  useHotkey('mod+k', () => setPalette((open) => !open), { label: t('shell:palette_title'), group })
  useLiveEvent((event) => {
    if (event.name !== 'session_ended' || event.data.reason !== 'member_removed') return
    toast.warning(t('shell:member_removed', { organization: organization?.name ?? '' }), {
      duration: Number.POSITIVE_INFINITY,
    })
  })
  useHotkey('?', () => setHelp(true), { label: t('shell:shortcuts_title'), group })

  const page = () => {
    if (pathname.startsWith('/admin-dashboard') && !user.is_platform_admin) return <PageForbidden />
    if (!organization && !WITHOUT_ORGANIZATION.test(pathname)) return <CreateOrganization />
    return <Outlet />
  }
  return (
    <div className="flex h-dvh flex-col">
      <a
        href="#main"
        className="-translate-y-full fixed top-0 left-2 z-60 rounded-md bg-fg px-4 py-2 text-bg focus:translate-y-2"
      >
        {t('common:skip_to_content')}
      </a>
      <ViewingBanner />
      <NewVersionBanner />
      <div className="flex min-h-0 flex-1">
        <Sidebar places={places} waiting={waiting} />
        <div className="flex min-w-0 flex-1 flex-col">
          <TopBar
            organization={organization}
            onSearch={() => setPalette(true)}
            onHelp={() => setHelp(true)}
          />
          {organization && <SuspendedBanner organizationId={organization.id} />}
          <LiveBar />
          {/* Keyed: no page shows one organization's state in another. */}
          <main
            key={organization?.id}
            id="main"
            tabIndex={-1}
            data-scroll-restoration-id="main"
            className={cn('min-h-0 flex-1 overflow-y-auto', !FULL_HEIGHT.test(pathname) && 'p-4 md:p-6')}
          >
            <InsideMain value={true}>
              <Suspense fallback={<PagePending />}>{page()}</Suspense>
            </InsideMain>
          </main>
        </div>
      </div>
      <BottomBar places={places} waiting={waiting} />
      <Suspense>
        {palette && (
          <CommandPalette
            organization={organization}
            places={places}
            onHelp={() => setHelp(true)}
            onClose={() => setPalette(false)}
          />
        )}
        {help && <ShortcutsHelp onClose={() => setHelp(false)} />}
      </Suspense>
      <Toaster />
      <Suspense>
        {organization && <InboxNotifications key={organization.id} organizationId={organization.id} />}
      </Suspense>
    </div>
  )
}

/** "(3) Inbox · Shapla Store · BanglaChatPro" */
function useTitle(organization: CurrentOrganization | null, waiting: number) {
  const { t } = useTranslation('shell')
  const { pathname } = useLocation()
  const named = useNamedTitle()
  const place = placeOf(pathname)
  const text = place ? t(place.text) : pathname.startsWith('/profile') ? t('nav_profile') : undefined
  const page = named && text ? `${named} · ${text}` : (named ?? text)
  useDocumentTitle(waiting > 0 ? `(${waiting}) ${page ?? ''}`.trim() : page, organization?.name)
}
