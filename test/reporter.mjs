// Our own jest reporter: quiet on success, each failure in full, what was left out by name. test/run.mjs adds up the counts.
import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'

export default class Reporter {
  #config
  #counts = { passed: 0, failed: 0, skipped: [] }

  constructor(config) {
    this.#config = config
  }

  onTestResult(_test, result) {
    const file = relative(this.#config.rootDir, result.testFilePath)
    const seconds = ((result.perfStats.end - result.perfStats.start) / 1000).toFixed(1)
    const left = result.testResults.filter((one) => one.status === 'pending' || one.status === 'todo')
    const broken = result.testExecError !== undefined && result.numFailingTests === 0
    const failed = result.numFailingTests + (broken ? 1 : 0)
    this.#counts.passed += result.numPassingTests
    this.#counts.failed += failed
    this.#counts.skipped.push(...left.map((one) => `${file}: ${one.fullName}`))
    console.log(
      `${failed > 0 ? 'FAIL' : 'ok  '} ${file} (${result.numPassingTests} passed${failed > 0 ? `, ${failed} failed` : ''}, ${seconds} s)`,
    )
    for (const entry of result.console ?? []) console.log(`     ${entry.type}: ${entry.message}`)
    if (result.failureMessage) console.log(result.failureMessage)
  }

  onRunComplete() {
    for (const name of this.#counts.skipped) console.log(`LEFT OUT ${name}`)
    const { passed, failed, skipped } = this.#counts
    console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`)
    if (process.env.TEST_COUNTS) writeFileSync(process.env.TEST_COUNTS, JSON.stringify({ passed, failed, skipped: skipped.length }))
  }

  // With CI=true nothing may be left out silently.
  getLastError() {
    if (process.env.CI === 'true' && this.#counts.skipped.length > 0) return new Error('tests were left out although CI=true')
  }
}
