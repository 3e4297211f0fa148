// After the build: what compresses stands beside itself as .br and .gz, so that the server never compresses while
// somebody waits. Fonts and pictures are compressed already.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const DIST = fileURLToPath(new URL('../dist', import.meta.url))
const KINDS = /\.(js|css|html|svg|json|webmanifest)$/
/** Below this a packet is a packet. */
const LEAST = 1000

let [files, before, after] = [0, 0, 0]
for (const name of readdirSync(DIST, { recursive: true }).map(String)) {
  const path = join(DIST, name)
  if (!KINDS.test(name) || name.startsWith('.vite') || statSync(path).size < LEAST) continue
  const bytes = readFileSync(path)
  const options = { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }
  const packed = brotliCompressSync(bytes, options)
  writeFileSync(`${path}.br`, packed)
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }))
  files += 1
  before += bytes.length
  after += packed.length
}
console.log(`compressed ${files} files: ${Math.round(before / 1000)} kB -> ${Math.round(after / 1000)} kB`)
