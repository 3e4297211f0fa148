import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { world } from './world'

/** Statements as the owner of the tables, for what no API makes in time: thousands of rows, a past. Needs psql. */
export function sql(statements: string, organizationId?: string): string {
  const { dataDir } = world()
  const lines = readFileSync(join(dataDir, 'pg/postmaster.pid'), 'utf8').split('\n')
  const tenant = organizationId ? `SET app.organization_id = '${organizationId}';\n` : ''
  return execFileSync('psql', ['-qAtX', '-v', 'ON_ERROR_STOP=1', '-f', '-'], {
    input: tenant + statements,
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'] ?? '',
      PGHOST: lines[4]?.trim() ?? '',
      PGPORT: lines[3]?.trim() ?? '',
      PGUSER: 'banglachat_owner',
      PGDATABASE: 'banglachat',
      PGPASSWORD: readFileSync(join(dataDir, 'owner.password'), 'utf8').trim(),
    },
  }).trim()
}
