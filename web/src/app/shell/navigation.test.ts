import { describe, expect, it } from 'vitest'
import type { CurrentOrganization, Role } from '../organization'
import { ROLES } from '../organization'
import { placeOf, placesFor, splitForBottomBar } from './navigation'

const as = (role: Role): CurrentOrganization => ({
  id: 'o',
  name: 'Shop',
  role,
  viewing: false,
  can: (asked) => ROLES.indexOf(role) >= ROLES.indexOf(asked),
})
const paths = (role: Role) => placesFor(as(role), false).map(({ to }) => to)

describe('navigation', () => {
  it('shows a viewer nothing that only others may do', () => {
    expect(paths('viewer')).toEqual([
      '/client-dashboard',
      '/inbox',
      '/agents',
      '/knowledge',
      '/social/accounts',
      '/analytics',
      '/team',
    ])
  })

  it('grows with the role', () => {
    expect(paths('operator')).toContain('/playground')
    expect(paths('operator')).not.toContain('/settings')
    expect(paths('admin')).toEqual(expect.arrayContaining(['/settings', '/audit', '/troubles']))
    expect(paths('owner')).toEqual(paths('admin'))
  })

  it('shows the platform pages to platform admins only, with or without an organization', () => {
    expect(paths('owner')).not.toContain('/admin-dashboard')
    expect(placesFor(null, true).map(({ to }) => to)).toEqual(['/admin-dashboard'])
  })

  it('never has more than five things in the bottom bar', () => {
    const { bar, more } = splitForBottomBar(placesFor(as('owner'), true))
    expect(bar).toHaveLength(4)
    expect(more.length).toBeGreaterThan(0)
  })

  it('knows which place a page belongs to', () => {
    expect(placeOf('/inbox/abc/contact')?.to).toBe('/inbox')
    expect(placeOf('/social/accounts/connect/facebook')?.to).toBe('/social/accounts')
    expect(placeOf('/inboxes')).toBeUndefined()
  })
})
