import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { chromium } from '@playwright/test'
import { DELIVERY, openShop } from './api'
import { expect, test } from './fixtures'
import { sent } from './sandbox'
import { manyMessages } from './seed'
import { freePort } from './server'
import { world } from './world'

/**
 * Lighthouse with its mobile defaults, on the built page with data. Not part of the usual run: it fetches Lighthouse
 * (LIGHTHOUSE=1 npx playwright test --project lighthouse).
 */
const BAR = { performance: 0.85, accessibility: 1, lcpMs: 3500, cls: 0.05, tbtMs: 300 }

interface Report {
  categories: { performance: { score: number }; accessibility: { score: number } }
  audits: Record<string, { numericValue?: number }>
  finalDisplayedUrl: string
}

const run = promisify(execFile)

test('Lighthouse: login, home, an inbox thread with data', async ({ launchOptions }) => {
  test.setTimeout(300_000)
  const { shop, owner, account } = await openShop({ language: 'bn' })
  const conversation = await shop.hears(account, DELIVERY.question)
  await sent(account, DELIVERY.answer)
  manyMessages(shop, conversation.id, 300)
  const folder = mkdtempSync(join(tmpdir(), 'lighthouse-'))
  try {
    for (const [name, path, signedIn] of [
      ['login', '/login', false],
      ['home', '/client-dashboard', true],
      ['thread', `/inbox/${conversation.id}`, true],
    ] as const) {
      const port = await freePort()
      const browser = await chromium.launch({
        ...launchOptions,
        args: [...(launchOptions.args ?? []), `--remote-debugging-port=${port}`],
      })
      try {
        const session = await browser.newBrowserCDPSession()
        if (signedIn) await session.send('Storage.setCookies', { cookies: [await owner.cookie()] })
        const output = join(folder, `${name}.json`)
        await run('npx', [
          '--yes',
          'lighthouse@12.8.2',
          `${world().apiUrl}${path}`,
          `--port=${port}`,
          '--disable-storage-reset',
          '--only-categories=performance,accessibility',
          '--quiet',
          '--output=json',
          `--output-path=${output}`,
        ])
        const report = JSON.parse(readFileSync(output, 'utf8')) as Report
        const value = (audit: string) => report.audits[audit]?.numericValue ?? Number.NaN
        const got = {
          performance: report.categories.performance.score,
          accessibility: report.categories.accessibility.score,
          lcpMs: Math.round(value('largest-contentful-paint')),
          cls: value('cumulative-layout-shift'),
          tbtMs: Math.round(value('total-blocking-time')),
        }
        console.log(name, JSON.stringify(got))
        expect.soft(new URL(report.finalDisplayedUrl).pathname, 'it stays on the page').toBe(path)
        expect.soft(got.performance, `performance of ${name}`).toBeGreaterThanOrEqual(BAR.performance)
        expect.soft(got.accessibility, `accessibility of ${name}`).toBeGreaterThanOrEqual(BAR.accessibility)
        expect.soft(got.lcpMs, `LCP of ${name}`).toBeLessThanOrEqual(BAR.lcpMs)
        expect.soft(got.cls, `CLS of ${name}`).toBeLessThanOrEqual(BAR.cls)
        expect.soft(got.tbtMs, `TBT of ${name}`).toBeLessThanOrEqual(BAR.tbtMs)
      } finally {
        await browser.close()
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
