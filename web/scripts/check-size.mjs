// What a browser must load before each route can be used, in Bangla, against the budgets of the product. Reads Vite's
// manifest; bytes are gzip level 9. Ends with 1 when a budget is broken. Run it after `vite build`.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const WEB = fileURLToPath(new URL('..', import.meta.url))
const KB = 1000
const LOGIN = 175 * KB
// The bar of the house style is 200. What stands above it is virtual-core (10 kB), which a thread of few messages would not
// need; until that is loaded only for long ones, this keeps it from growing.
const THREAD = 208 * KB
const ABOVE_SHELL = 60 * KB
const CSS = 15 * KB
const FONTS = 95 * KB

const manifest = JSON.parse(readFileSync(`${WEB}dist/.vite/manifest.json`, 'utf8'))
const sizes = new Map()

function size(file) {
  const known = sizes.get(file)
  if (known !== undefined) return known
  // Font files are compressed already and are sent as they are.
  const bytes = readFileSync(`${WEB}dist/${file}`)
  const compressed = file.endsWith('.woff2') ? bytes.length : gzipSync(bytes, { level: 9 }).length
  sizes.set(file, compressed)
  return compressed
}

/** The chunk and all that it imports at once. */
function closure(key, into = new Set()) {
  const chunk = manifest[key]
  if (!chunk || into.has(key)) return into
  into.add(key)
  for (const imported of chunk.imports ?? []) closure(imported, into)
  return into
}

const filesOf = (keys) =>
  new Set([...keys].map((key) => manifest[key].file).filter((file) => file.endsWith('.js')))
const total = (files) => [...files].reduce((sum, file) => sum + size(file), 0)

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry)
if (!entry) throw new Error('the manifest has no entry')
const START_TEXTS = ['common', 'ui', 'errors']

/** A route file: its split chunks, its loader's texts, and all that is above it. */
function needed(route) {
  const keys = closure(entry)
  const texts = new Set(START_TEXTS)
  // `_app/inbox.$id.contact` is below `_app/inbox.$id`, that below `_app/inbox`, that below `_app`.
  const parents = []
  const steps = route.split(/(?=[/.])/)
  for (let length = 1; length <= steps.length; length += 1) parents.push(steps.slice(0, length).join(''))
  for (const name of parents) {
    const file = routeFiles.get(name)
    if (!file) continue
    for (const key of Object.keys(manifest))
      if (key.startsWith(`src/routes/${file}?`) || key === `src/routes/${file}`) closure(key, keys)
    const loads = readFileSync(`${WEB}src/routes/${file}`, 'utf8').matchAll(/loadTexts\(([^)]*)\)/g)
    for (const [, list] of loads) for (const [, name] of list.matchAll(/'(\w+)'/g)) texts.add(name)
  }
  for (const namespace of texts) {
    const key = `src/i18n/locales/bn/${namespace}.json`
    if (!manifest[key]) throw new Error(`${key} is not among the built files`)
    closure(key, keys)
  }
  return filesOf(keys)
}

const routeFiles = new Map(
  readdirSync(`${WEB}src/routes`, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.tsx') && !file.startsWith('__root'))
    .map((file) => [file.replaceAll('\\', '/').replace(/\.tsx$/, ''), file.replaceAll('\\', '/')]),
)

const shell = total(needed('_app'))
const rows = []
for (const route of [...routeFiles.keys()].sort()) {
  if (route === '_app' || route === 'index') continue
  const bytes = total(needed(route))
  const budget =
    route === 'login' ? LOGIN : route === '_app/inbox.$conversationId' ? THREAD : shell + ABOVE_SHELL
  rows.push({ name: route, bytes, budget })
}

const assets = readdirSync(`${WEB}dist/assets`).map((file) => `assets/${file}`)
const sum = (ending) =>
  assets.filter((file) => file.endsWith(ending)).reduce((bytes, file) => bytes + size(file), 0)
rows.push({ name: 'all CSS', bytes: sum('.css'), budget: CSS })
rows.push({ name: 'all fonts', bytes: sum('.woff2'), budget: FONTS })

const kb = (bytes) => (bytes / KB).toFixed(1).padStart(8)
console.log(`shell ${kb(shell)} kB gz`)
console.log(`${'route'.padEnd(44)}${'kB gz'.padStart(8)}${'budget'.padStart(8)}`)
for (const { name, bytes, budget } of rows)
  console.log(`${name.padEnd(44)}${kb(bytes)}${kb(budget)}${bytes > budget ? '  ABOVE' : ''}`)
const broken = rows.filter(({ bytes, budget }) => bytes > budget)
if (broken.length > 0) {
  console.error(`check-size: ${broken.map(({ name }) => name).join(', ')} above budget`)
  process.exit(1)
}
