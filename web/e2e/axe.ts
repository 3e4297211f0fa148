import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** What axe finds on the page as it is, one line each. No rule is turned off. */
export async function violations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze()
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => {
      const data = node.any[0]?.message ?? node.all[0]?.message ?? node.none[0]?.message ?? ''
      return `${id}: ${help} — ${node.target.join(' ')} — ${node.html.slice(0, 160)} ${data}`
    }),
  )
}
