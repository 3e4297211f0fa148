import { readFileSync, writeFileSync } from 'node:fs'

/** Where everything is that this run has started. The setup writes it to a file; the tests' processes read it there. */
export interface World {
  apiUrl: string
  sandboxUrl: string
  /** Holds everything below; removed at the end. */
  folder: string
  dataDir: string
  mailDir: string
  programs: { server: string; sandbox: string }
  pids: { server: number; sandbox: number }
}

const VARIABLE = 'BANGLACHAT_E2E_WORLD'

export function saveWorld(world: World) {
  const file = `${world.folder}/world.json`
  writeFileSync(file, JSON.stringify(world))
  process.env[VARIABLE] = file
}

export function world(): World {
  const file = process.env[VARIABLE]
  if (!file) throw new Error('the setup of the tests has not run')
  return JSON.parse(readFileSync(file, 'utf8')) as World
}
