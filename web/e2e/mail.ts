import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { until } from './server'
import { world } from './world'

/** Takes every mail and writes it to a file. Speaks as much SMTP as a client without TLS and password needs. */
export async function openMailSink(folder: string): Promise<{ port: number; close(): void }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    converse(socket, folder)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('no port for mails')
  return {
    port: address.port,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function converse(socket: Socket, folder: string) {
  const say = (line: string) => socket.write(`${line}\r\n`)
  let pending = ''
  let mail: string[] | null = null
  const hear = (line: string) => {
    if (mail) {
      if (line !== '.') return mail.push(line.startsWith('..') ? line.slice(1) : line)
      const name = join(folder, randomUUID())
      writeFileSync(`${name}.part`, mail.join('\n'))
      renameSync(`${name}.part`, `${name}.eml`)
      mail = null
      return say('250 taken')
    }
    const verb = line.slice(0, 4).toUpperCase()
    if (verb === 'EHLO') return say('250-sink\r\n250 8BITMIME')
    if (verb === 'DATA') {
      mail = []
      return say('354 go on')
    }
    if (verb === 'QUIT') {
      say('221 bye')
      return socket.end()
    }
    return say('250 ok')
  }
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    pending += chunk
    const lines = pending.split('\r\n')
    pending = lines.pop() ?? ''
    for (const line of lines) hear(line)
  })
  say('220 sink')
}

/** A mail of one part, its text readable. */
function decoded(mail: string): string {
  const end = mail.indexOf('\n\n')
  const [head, body] = [mail.slice(0, end), mail.slice(end + 2)]
  if (/^content-transfer-encoding:\s*base64/im.test(head))
    return `${head}\n\n${Buffer.from(body, 'base64').toString('utf8')}`
  if (!/^content-transfer-encoding:\s*quoted-printable/im.test(head)) return mail
  const bytes = body
    .replace(/=\n/g, '')
    .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return `${head}\n\n${Buffer.from(bytes, 'latin1').toString('utf8')}`
}

function newestTo(address: string): string | undefined {
  const folder = world().mailDir
  const all = readdirSync(folder).filter((name) => name.endsWith('.eml'))
  const mails = all.map((name) => decoded(readFileSync(join(folder, name), 'utf8')))
  return mails.findLast((mail) => new RegExp(`^to:.*${address.replaceAll('.', '\\.')}`, 'im').test(mail))
}

/** The mail to this address, when it has come. */
export async function mailTo(address: string): Promise<string> {
  await until(() => newestTo(address) !== undefined, `a mail to ${address}`)
  return newestTo(address) ?? ''
}
