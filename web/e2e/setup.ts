import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statfsSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openMailSink } from './mail'
import { freePort, startSandbox, startServer, stopByPid } from './server'
import { saveWorld, type World, world } from './world'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** In memory where there is a gigabyte: the tests are about the page, not about the disk. */
function baseFolder() {
  try {
    accessSync('/dev/shm', constants.W_OK)
    const { bavail, bsize } = statfsSync('/dev/shm')
    if (bavail * bsize > 1e9) return '/dev/shm'
  } catch {
    // Not Linux, or no such folder.
  }
  return tmpdir()
}

function program(name: string) {
  const path = join(resolve(ROOT, process.env['CARGO_TARGET_DIR'] ?? 'target'), 'debug', name)
  if (!existsSync(path))
    throw new Error(`${path} is missing: cargo build -p banglachat -p sandbox, or set CARGO_TARGET_DIR`)
  return path
}

export default async function setup() {
  if (!existsSync(fileURLToPath(new URL('../dist/index.html', import.meta.url))))
    throw new Error('web/dist is missing: npm run build')
  const folder = mkdtempSync(join(baseFolder(), 'banglachat-e2e-'))
  // PostgreSQL runs as another user when the tests run as root: it must be able to walk through.
  chmodSync(folder, 0o755)
  const at: World = {
    apiUrl: `http://127.0.0.1:${await freePort()}`,
    sandboxUrl: `http://127.0.0.1:${await freePort()}`,
    folder,
    dataDir: join(folder, 'data'),
    mailDir: join(folder, 'mail'),
    programs: { server: program('banglachat'), sandbox: program('sandbox') },
    pids: { server: 0, sandbox: 0 },
  }
  mkdirSync(at.mailDir)
  const mails = await openMailSink(at.mailDir)
  process.env['BANGLACHAT_E2E_SMTP_PORT'] = String(mails.port)
  saveWorld(at)
  const end = async () => {
    const { pids } = world()
    for (const pid of [pids.sandbox, pids.server]) if (pid > 0) await stopByPid(pid)
    mails.close()
    if (!process.env['BANGLACHAT_E2E_KEEP']) rmSync(folder, { recursive: true, force: true })
  }
  try {
    at.pids.server = await startServer(at)
    saveWorld(at)
    at.pids.sandbox = await startSandbox(at)
    saveWorld(at)
  } catch (problem) {
    await end()
    throw problem
  }
  return end
}
