import {
  type BrowserContext,
  type BrowserContextOptions,
  test as base,
  expect,
  type Page,
} from '@playwright/test'
import type { Person } from './api'
import { clearFaults } from './sandbox'
import type { Language } from './texts'
import { world } from './world'

interface Appearance {
  language?: Language
  theme?: 'light' | 'dark'
}

interface Opening extends Appearance {
  /** Where to go; nowhere if null. */
  path?: string | null
  /** Its own browser unless given. */
  context?: BrowserContext
  options?: BrowserContextOptions
  /** Before the page's first script. */
  prepare?(page: Page): Promise<void>
}

interface Fixtures {
  /** A page in a browser of its own, signed in as this person (null: nobody). */
  open(person: Person | null, opening?: Opening): Promise<Page>
  /** What no page may do, whatever the test is about: uncaught errors, blocked scripts, dialogs of the browser. */
  faults: string[]
}

/** Runs in the page before its own scripts. */
function remember({ language, theme }: Appearance) {
  try {
    if (language && !localStorage.getItem('banglachat.language'))
      localStorage.setItem('banglachat.language', language)
    if (theme && !localStorage.getItem('banglachat.theme')) localStorage.setItem('banglachat.theme', theme)
  } catch {
    // The first, empty document has no storage.
  }
}

function reportViolations() {
  document.addEventListener('securitypolicyviolation', (event) => {
    console.error(
      `CSP ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`,
    )
  })
}

function watch(page: Page, faults: string[]) {
  page.on('pageerror', (error) => faults.push(`${new URL(page.url()).pathname}: ${error.message}`))
  page.on('dialog', (dialog) => {
    if (dialog.type() === 'beforeunload') return dialog.accept()
    faults.push(`a browser dialog said: ${dialog.message()}`)
    return dialog.dismiss()
  })
  page.on('console', (message) => {
    const said = message.text()
    if (message.type() === 'error' && /CSP |Content Security Policy/.test(said)) faults.push(said)
  })
}

export const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from it
  baseURL: async ({}, use) => use(world().apiUrl),

  faults: [
    // biome-ignore lint/correctness/noEmptyPattern: as above
    async ({}, use) => {
      const faults: string[] = []
      await use(faults)
      await clearFaults()
      expect(faults, 'errors, blocked scripts and dialogs of the pages').toEqual([])
    },
    { auto: true },
  ],

  open: async ({ browser, contextOptions, faults }, use, testInfo) => {
    const contexts: BrowserContext[] = []
    const { locale, timezoneId, viewport } = testInfo.project.use
    await use(async (person, { path = '/', options, prepare, context: given, ...look } = {}) => {
      const context =
        given ??
        (await browser.newContext({
          ...contextOptions,
          locale,
          timezoneId,
          viewport,
          baseURL: world().apiUrl,
          ...options,
        }))
      if (!given) {
        contexts.push(context)
        await context.addInitScript(remember, look)
        await context.addInitScript(reportViolations)
        context.on('page', (page) => watch(page, faults))
        if (person) await context.addCookies([await person.cookie()])
      }
      const page = await context.newPage()
      await prepare?.(page)
      if (path !== null) await page.goto(path)
      return page
    })
    for (const context of contexts) await context.close()
  },
})

/** What was asked for has come: no skeleton and no spinner is left, and the letters are there. */
export async function settled(page: Page) {
  await expect(page.getByRole('heading').first()).toBeVisible()
  await expect(page.locator('.animate-pulse, .animate-spin')).toHaveCount(0)
  await page.evaluate(() => document.fonts.ready)
}

export { expect }
