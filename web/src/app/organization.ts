import { queryOptions, useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import { listOrganizationsOptions } from '@/api/gen/@tanstack/react-query.gen'
import type { OrganizationSummary } from '@/api/gen/types.gen'
import { queryClient } from './query-client'
import { useUser } from './session'

/** Roles from least to most; each may do what those before it may. */
export const ROLES = ['viewer', 'operator', 'admin', 'owner'] as const
export type Role = (typeof ROLES)[number]

export interface CurrentOrganization {
  id: string
  name: string
  role: Role
  /** A platform admin looks, and is no member. */
  viewing: boolean
  /** Whether the role allows it. Only hides what would be refused; the server decides. */
  can(role: Role): boolean
}

const KEY = 'banglachat.organization'
const listeners = new Set<() => void>()
let chosen: string | null = read()

function read(): string | null {
  try {
    return sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY)
  } catch {
    return null
  }
}

/** Switches the organization of this tab, and remembers it for the next tab. The old one's data is dropped. */
export function chooseOrganization(id: string) {
  if (chosen === id) return
  chosen = id
  try {
    sessionStorage.setItem(KEY, id)
    localStorage.setItem(KEY, id)
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  for (const listener of listeners) listener()
}

function useChosen() {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => chosen,
  )
}

/** All organizations of the user; people have few. */
export const organizationsOptions = queryOptions({
  ...listOrganizationsOptions(),
  staleTime: 5 * 60_000,
})

export async function loadOrganizations() {
  return queryClient.ensureQueryData(organizationsOptions)
}

export function useOrganizations(): OrganizationSummary[] {
  return useSuspenseQuery(organizationsOptions).data.items
}

/** The organization that this tab works in; null for somebody who has none yet. */
export function useMaybeOrganization(): CurrentOrganization | null {
  const id = useChosen()
  const user = useUser()
  const { data } = useQuery(organizationsOptions)
  // A platform admin who looks into an organization sees it as the chosen one, read-only.
  const { viewing } = user
  if (viewing && viewing.organization_id === id) {
    return {
      id: viewing.organization_id,
      name: viewing.name,
      role: 'viewer',
      viewing: true,
      can: (asked) => asked === 'viewer',
    }
  }
  const list = data?.items ?? []
  const found = list.find((organization) => organization.id === id) ?? list[0]
  if (!found) return null
  const role = found.role as Role
  return {
    id: found.id,
    name: found.name,
    role,
    viewing: false,
    can: (asked) => ROLES.indexOf(role) >= ROLES.indexOf(asked),
  }
}

/** As above, on pages that are only reachable with an organization. */
export function useOrganization(): CurrentOrganization {
  const organization = useMaybeOrganization()
  if (!organization) throw new Error('this page needs an organization')
  return organization
}
