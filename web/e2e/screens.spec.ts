import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from '@playwright/test'
import { violations } from './axe'
import { expect, settled, test } from './fixtures'
import { looker, SCREENS, view } from './screens'
import { type Showcase, showcase } from './showcase'
import { LANGUAGES } from './texts'

/**
 * Every screen, opened once in each language: axe in both themes, pictures of desktop and phone for people to look at
 * (screenshots/, not committed), and no sideways scrolling at 320 px and at a zoom of 200 %.
 */
const PICTURES = fileURLToPath(new URL('../screenshots/', import.meta.url))
const DESKTOP = { width: 1440, height: 900 }
const PHONE = { width: 390, height: 844 }
const NARROW = { width: 320, height: 640 }
/** 1440 x 900 at 200 %. */
const ZOOMED = { width: 720, height: 450 }

let show: Showcase

test.beforeAll(async () => {
  mkdirSync(PICTURES, { recursive: true })
  show = await showcase()
})

/** How far the page or a scroll area of it goes beyond its right edge, unless it is one that people scroll on purpose. */
async function overflow(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const wide: string[] = []
    const root = document.documentElement
    if (root.scrollWidth > root.clientWidth) wide.push(`the page: ${root.scrollWidth} > ${root.clientWidth}`)
    for (const element of document.querySelectorAll('main, main *, [role=dialog], [role=dialog] *')) {
      const { overflowX } = getComputedStyle(element)
      // Tables, charts and tab rows may scroll in their own, focusable box.
      if (overflowX !== 'auto' && overflowX !== 'scroll') continue
      if (element.matches('[role=log], main, [role=dialog]') && element.scrollWidth > element.clientWidth + 1)
        wide.push(`${element.tagName}.${element.className}: ${element.scrollWidth} > ${element.clientWidth}`)
    }
    return wide
  })
}

async function theme(page: Page, name: 'light' | 'dark') {
  await page.evaluate((name) => {
    document.documentElement.dataset['theme'] = name
  }, name)
}

for (const language of LANGUAGES)
  for (const screen of SCREENS)
    test(`${screen.name} (${language})`, async ({ open }) => {
      const who = looker(screen, show)
      if (who) await who.patch('/me', { language, theme: 'light' })
      const page = await open(who, { path: null, language, theme: 'light' })
      const seen = view(page, show, language)
      await screen.before?.(seen)
      await page.goto(typeof screen.path === 'string' ? screen.path : screen.path(show))
      await settled(page)
      await screen.arrive?.(seen)
      await expect(page.locator('html')).toHaveAttribute('lang', language)

      const file = `${PICTURES}${screen.name.replaceAll(' ', '-')}.${language}`
      await page.screenshot({ path: `${file}.desktop.png` })
      expect.soft(await violations(page), 'axe, light').toEqual([])
      await theme(page, 'dark')
      await page.screenshot({ path: `${file}.dark.png` })
      expect.soft(await violations(page), 'axe, dark').toEqual([])
      await theme(page, 'light')
      await page.setViewportSize(ZOOMED)
      await expect
        .soft(async () => expect(await overflow(page)).toEqual([]), '200 %')
        .toPass({ timeout: 2000 })
      await page.setViewportSize(NARROW)
      await expect
        .soft(async () => expect(await overflow(page)).toEqual([]), '320 px')
        .toPass({ timeout: 2000 })
      await page.setViewportSize(PHONE)
      await expect(page.locator('.animate-pulse, .animate-spin')).toHaveCount(0)
      await page.screenshot({ path: `${file}.phone.png` })
      expect.soft(await violations(page), 'axe, phone').toEqual([])
      await page.setViewportSize(DESKTOP)
    })
