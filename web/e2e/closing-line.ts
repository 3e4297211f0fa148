import type { FullResult, Reporter, TestCase } from '@playwright/test/reporter'

/** `N passed, N failed` as the last line, for the sum of all kinds of tests. */
export default class ClosingLine implements Reporter {
  readonly #tests = new Set<TestCase>()

  onTestEnd(test: TestCase) {
    this.#tests.add(test)
  }

  onEnd(result: FullResult) {
    const outcomes = [...this.#tests].map((test) => test.outcome())
    const passed = outcomes.filter((outcome) => outcome === 'expected' || outcome === 'flaky').length
    const failed = outcomes.filter((outcome) => outcome === 'unexpected').length
    console.log(`browser tests: ${passed} passed, ${failed} failed, ${Math.round(result.duration / 1000)} s`)
  }
}
