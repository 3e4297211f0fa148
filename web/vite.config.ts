import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import { tanstackRouter } from '@tanstack/router-plugin/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

const api = process.env['API_URL'] ?? 'http://127.0.0.1:8080'
// The API refuses a refresh from another origin than its own (R39): in development the proxy speaks for the page.
const proxied = { target: api, headers: { origin: api } }

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
    // Small parts that many pages share go into one file: a hundred tiny ones compress badly.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [{ name: 'kit', test: /src\/(components|lib|app)\/|lucide-react/, minShareCount: 8 }],
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
