import { expect, type Locator, type Page } from '@playwright/test'

/** Tab until this has the focus, as somebody without a mouse does. Fails when it cannot be reached. */
export async function tabTo(page: Page, target: Locator, options: { most?: number } = {}) {
  await expect(target.first()).toBeVisible()
  const focused = () => target.first().evaluate((element) => element === document.activeElement)
  for (let step = 0; step < (options.most ?? 80); step += 1) {
    if (await focused()) {
      await seen(page)
      return
    }
    await page.keyboard.press('Tab')
  }
  const at = await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 200))
  throw new Error(`Tab does not reach ${target}; the focus is at ${at}`)
}

/** Whatever has the focus shows it. */
async function seen(page: Page) {
  const shown = await page.evaluate(() => {
    const at = document.activeElement
    if (!at) return false
    // The ring may be drawn by the element itself or by what holds it.
    return [at, at.parentElement, at.parentElement?.parentElement].some((element) => {
      if (!element) return false
      const { outlineStyle, outlineWidth, boxShadow, borderColor } = getComputedStyle(element)
      return (
        (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none' || borderColor === 'focus'
      )
    })
  })
  const element = await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 200))
  expect(shown, `the focus can be seen at ${element}`).toBe(true)
}

/** Tab there and press Enter. */
export async function press(page: Page, target: Locator) {
  await tabTo(page, target)
  await page.keyboard.press('Enter')
}

/** Tab there and write. */
export async function write(page: Page, target: Locator, words: string) {
  await tabTo(page, target)
  await page.keyboard.press('ControlOrMeta+A')
  await page.keyboard.insertText(words)
}
