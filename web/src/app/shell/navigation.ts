import {
  BookOpen,
  Bot,
  ChartColumn,
  FlaskConical,
  House,
  Inbox,
  type LucideIcon,
  Plug,
  ScrollText,
  Settings,
  ShieldCheck,
  TriangleAlert,
  Users,
} from 'lucide-react'
import type { CurrentOrganization, Role } from '../organization'

interface Place {
  to:
    | '/client-dashboard'
    | '/inbox'
    | '/agents'
    | '/playground'
    | '/knowledge'
    | '/social/accounts'
    | '/troubles'
    | '/analytics'
    | '/team'
    | '/settings'
    | '/audit'
    | '/admin-dashboard'
  text:
    | 'nav_home'
    | 'nav_inbox'
    | 'nav_agents'
    | 'nav_playground'
    | 'nav_knowledge'
    | 'nav_accounts'
    | 'nav_troubles'
    | 'nav_analytics'
    | 'nav_team'
    | 'nav_settings'
    | 'nav_audit'
    | 'nav_admin'
  icon: LucideIcon
  /** Least role that has something to do there. */
  role: Role | 'platform_admin'
}

const PLACES: readonly Place[] = [
  { to: '/client-dashboard', text: 'nav_home', icon: House, role: 'viewer' },
  { to: '/inbox', text: 'nav_inbox', icon: Inbox, role: 'viewer' },
  { to: '/agents', text: 'nav_agents', icon: Bot, role: 'viewer' },
  { to: '/playground', text: 'nav_playground', icon: FlaskConical, role: 'operator' },
  { to: '/knowledge', text: 'nav_knowledge', icon: BookOpen, role: 'viewer' },
  { to: '/social/accounts', text: 'nav_accounts', icon: Plug, role: 'viewer' },
  { to: '/troubles', text: 'nav_troubles', icon: TriangleAlert, role: 'operator' },
  { to: '/analytics', text: 'nav_analytics', icon: ChartColumn, role: 'viewer' },
  { to: '/team', text: 'nav_team', icon: Users, role: 'viewer' },
  { to: '/settings', text: 'nav_settings', icon: Settings, role: 'admin' },
  { to: '/audit', text: 'nav_audit', icon: ScrollText, role: 'admin' },
  { to: '/admin-dashboard', text: 'nav_admin', icon: ShieldCheck, role: 'platform_admin' },
]

/** Stand in the bottom bar of phones; the others are behind "More". */
const IN_BOTTOM_BAR = new Set<Place['to']>(['/client-dashboard', '/inbox', '/agents', '/social/accounts'])

/** Where somebody can go: by their role in the organization, and the platform's pages for its admins. */
export function placesFor(organization: CurrentOrganization | null, platformAdmin: boolean): Place[] {
  return PLACES.filter(({ role }) =>
    role === 'platform_admin' ? platformAdmin : (organization?.can(role) ?? false),
  )
}

export function splitForBottomBar(places: readonly Place[]) {
  return {
    bar: places.filter(({ to }) => IN_BOTTOM_BAR.has(to)),
    more: places.filter(({ to }) => !IN_BOTTOM_BAR.has(to)),
  }
}

/** The place that a path belongs to, for titles and marks. */
export function placeOf(pathname: string): Place | undefined {
  return PLACES.find(({ to }) => pathname === to || pathname.startsWith(`${to}/`))
}
