import { defineConfig } from '@playwright/test'

/**
 * Browser tests against the real program, an embedded PostgreSQL and the sandbox; e2e/setup.ts starts them, on free
 * ports. Build the page before (`npm run build`) and the programs (`cargo build -p banglachat -p sandbox`).
 * CHROMIUM_PATH names the browser; CARGO_TARGET_DIR says where the programs are, if not in ../target.
 */
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'e2e-results/traces',
  globalSetup: './e2e/setup.ts',
  workers: 1,
  fullyParallel: false,
  forbidOnly: Boolean(process.env['CI']),
  timeout: 30_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['json', { outputFile: 'e2e-results/results.json' }], ['./e2e/closing-line.ts']],
  use: {
    browserName: 'chromium',
    trace: 'retain-on-failure',
    // Neither language nor clock of the device is Bangladesh's: what is shown must be all the same.
    locale: 'en-US',
    timezoneId: 'America/Los_Angeles',
    viewport: { width: 1440, height: 900 },
    contextOptions: { reducedMotion: 'reduce' },
    actionTimeout: 10_000,
    navigationTimeout: 15_000,
    launchOptions: {
      executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--no-first-run',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    { name: 'chromium', testIgnore: ['timezone.spec.ts', 'lighthouse.spec.ts'] },
    // A day ahead of New York and eight hours ahead of Dhaka.
    {
      name: 'far away',
      testMatch: 'timezone.spec.ts',
      use: { locale: 'de-DE', timezoneId: 'Pacific/Kiritimati' },
    },
    ...(process.env['LIGHTHOUSE'] ? [{ name: 'lighthouse', testMatch: 'lighthouse.spec.ts' }] : []),
  ],
})
