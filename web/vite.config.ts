import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import { tanstackRouter } from '@tanstack/router-plugin/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

const api = process.env['API_URL'] ?? 'http://127.0.0.1:8080'
// The API refuses a refresh from another origin than its own (R39): in development the proxy speaks for the page.
const proxied = { target: api, headers: { origin: api } }

const BASE =
  /node_modules\/(react|react-dom|scheduler|i18next|react-i18next|use-sync-external-store|@tanstack\/(query-core|react-query|router-core|react-router|history|store|react-store))\/|src\/api\/gen\/|features\/inbox\/search|src\/app\/(organization|page-states|shell\/new-version)\./
const PAGES =
  /components\/(unsaved-guard|ui\/(card|copy-button|data-table|page-header|pagination|radio-group))\.tsx/
const KIT =
  /src\/(components\/(?!unsaved-guard|ui\/(card|copy-button|data-table|page-header|pagination|radio-group)\.)|lib\/|app\/)|lucide-react/

const FRAME =
  /src\/(app\/shell\/(banners|bottom-bar|counts|frame|live-bar|navigation|sidebar|top-bar|viewing|waiting-badge)\.tsx?|components\/ui\/(dropdown-menu|popover|sheet|windows)\.tsx?)$/

export default defineConfig({
  plugins: [
    tanstackRouter({ target: 'react', autoCodeSplitting: true, quoteStyle: 'single', semicolons: false }),
    react(),
    tailwindcss(),
  ],
  // A text file is one object: an export for each of its keys would name every key twice.
  json: { namedExports: false },
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    manifest: true,
    target: 'es2022',
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Files that are needed together are one file: many small ones compress badly and name each other's parts.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // What every page needs, the sign-in too.
            { name: 'base', test: BASE },
            // Parts that many pages share; those of lists and forms apart, for the inbox does without them.
            { name: 'kit', test: KIT, minShareCount: 5 },
            // What stands around each page, with its icons.
            { name: 'frame', test: FRAME },
            // What the inbox and its notifications know.
            { name: 'inbox-data', test: /features\/inbox\/(api|cache|live|rules|sound|use-now)\.tsx?$/ },
            { name: 'pages', test: PAGES, minShareCount: 5 },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api': proxied, '/health': proxied } },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/test/setup.ts'],
    restoreMocks: true,
  },
})
