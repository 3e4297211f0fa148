import { expect, type Locator, type Page } from '@playwright/test'
import { type Language, pattern, text } from './texts'

/** The inbox and its thread as people see them. */
export class Inbox {
  readonly page: Page
  readonly language: Language
  /** All rows of the list. */
  readonly rowSelector = 'a[data-conversation]'

  constructor(page: Page, language: Language = 'en') {
    this.page = page
    this.language = language
  }

  text(key: string, values?: Record<string, string>) {
    return text(this.language, key, values)
  }

  rowOf(conversationId: string) {
    return `a[data-conversation="${conversationId}"]`
  }

  row(conversationId: string): Locator {
    return this.page.locator(this.rowOf(conversationId)).first()
  }

  get thread(): Locator {
    return this.page.getByRole('log')
  }

  /** The message with these words, with all that stands at it. */
  bubble(words: string): Locator {
    return this.thread.getByRole('listitem').filter({ hasText: words })
  }

  get composer(): Locator {
    return this.page.getByRole('textbox', { name: pattern(this.language, 'inbox:reply_field') })
  }

  /** The bar that says that live updates are missing. */
  get offline(): Locator {
    const down = pattern(this.language, 'shell:live_down').source
    const offline = pattern(this.language, 'shell:offline').source
    return this.page.getByRole('status').filter({ hasText: new RegExp(`${down}|${offline}`) })
  }

  async open(conversationId: string, { tab, timeout }: { tab?: string; timeout?: number } = {}) {
    await this.page.goto(`/inbox/${conversationId}${tab ? `?tab=${tab}` : ''}`)
    await expect(this.thread.getByRole('listitem').first()).toBeVisible({ timeout })
  }

  button(key: string): Locator {
    return this.page.getByRole('button', { name: pattern(this.language, key) })
  }

  async takeOver() {
    await this.button('inbox:take_over').first().click()
    await expect(this.button('inbox:hand_back').first()).toBeVisible()
  }

  async handBack() {
    await this.button('inbox:hand_back').first().click()
    await expect(this.button('inbox:take_over').first()).toBeVisible()
  }

  async say(words: string) {
    await this.composer.fill(words)
    await this.composer.press('Enter')
    await expect(this.composer).toHaveValue('')
  }

  async signOut() {
    await this.page.goto('/logout')
  }
}
