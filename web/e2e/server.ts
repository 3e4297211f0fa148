import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { saveWorld, type World, world } from './world'

const WEB = fileURLToPath(new URL('..', import.meta.url))

/** A port that nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}

/** A process that has ended but that nobody has waited for does not live. */
function lives(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z'
  } catch {
    return false
  }
}

export async function until(condition: () => boolean | Promise<boolean>, what: string, ms = 20_000) {
  const end = Date.now() + ms
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${ms} ms for: ${what}`)
    await new Promise((done) => setTimeout(done, 25))
  }
}

export async function stopByPid(pid: number, signal: NodeJS.Signals = 'SIGTERM') {
  if (!lives(pid)) return
  process.kill(pid, signal)
  await until(() => !lives(pid), `process ${pid} to end`, 30_000)
}

/** Starts a program that outlives the process that started it: a test may restart the server. Its output goes to a file. */
function start(program: string, args: string[], log: string, env: Record<string, string>): number {
  const output = openSync(log, 'a')
  const child = spawn(program, args, {
    detached: true,
    stdio: ['ignore', output, output],
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
  })
  closeSync(output)
  child.unref()
  if (child.pid === undefined) throw new Error(`${program} does not start`)
  return child.pid
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok
  } catch {
    return false
  }
}

async function ready(pid: number, url: string, log: string) {
  await until(
    async () => {
      if (!lives(pid))
        throw new Error(`ended before it was ready:\n${readFileSync(log, 'utf8').slice(-2000)}`)
      return answers(url)
    },
    url,
    60_000,
  )
}

/** The real program as `banglachat serve`, with the PostgreSQL that it brings along. */
export async function startServer(at: World): Promise<number> {
  const log = `${at.folder}/server.log`
  const address = new URL(at.apiUrl).host
  const simulators = new URL(at.sandboxUrl).host
  const pid = start(at.programs.server, ['serve'], log, {
    BANGLACHAT_PROFILE: 'development',
    HTTP_ADDR: address,
    PUBLIC_BASE_URL: at.apiUrl,
    GRAPH_BASE_URL: `${at.sandboxUrl}/graph`,
    INSTAGRAM_GRAPH_BASE_URL: `${at.sandboxUrl}/graph`,
    EGRESS_ALLOWED_HOSTS: simulators,
    DATA_DIR: at.dataDir,
    WEB_ROOT: `${WEB}dist`,
    SMTP_URL: `smtp://127.0.0.1:${process.env['BANGLACHAT_E2E_SMTP_PORT'] ?? ''}?tls=none`,
    MAIL_FROM: 'BanglaChatPro <shop@example.com>',
    LOG: 'warn',
  })
  await ready(pid, `${at.apiUrl}/health/ready`, log)
  return pid
}

export async function startSandbox(at: World): Promise<number> {
  const log = `${at.folder}/sandbox.log`
  const args = ['--no-demo', '--api-url', at.apiUrl, '--port', new URL(at.sandboxUrl).port]
  const pid = start(at.programs.sandbox, args, log, {})
  await ready(pid, `${at.sandboxUrl}/`, log)
  return pid
}

/** Ends the server as an update does (SIGTERM) or a crash (SIGKILL). */
export async function stopServer(signal: NodeJS.Signals = 'SIGTERM') {
  await stopByPid(world().pids.server, signal)
}

/** Starts it again at the same address, over the same data. */
export async function startServerAgain() {
  const at = world()
  const server = await startServer(at)
  saveWorld({ ...at, pids: { ...at.pids, server } })
}
