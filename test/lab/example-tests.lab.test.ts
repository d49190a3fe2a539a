import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { run } from '../../lab/shell.ts'

// What stands in the test job of an example is what people copy. act leaves these lines out, because each run of it would install everything anew.

const example = path.join(import.meta.dirname, '../../examples/app-platform-pipeline')
const folder = mkdtempSync(path.join(tmpdir(), 'example-tests-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const { jobs } = parse(readFileSync(path.join(example, '.github/workflows/deploy.yml'), 'utf8'))
const steps: string[] = jobs.test.steps.flatMap((step: { run?: string }) => step.run ?? [])
/** Without a browser, which cannot be had everywhere. */
const unit = steps.slice(
  0,
  steps.findIndex((line) => line.includes('playwright install')),
)

test('the test job of the App Platform example installs, tests and measures; with less than 90 % covered it is red', async () => {
  cpSync(example, folder, { recursive: true })
  expect(unit).toHaveLength(3)
  for (const line of unit) {
    const { code, stdout, stderr } = await run('sh', ['-ec', line], { cwd: folder })
    expect([line, code, `${stdout}${stderr}`]).toEqual([line, 0, expect.anything()])
  }
  rmSync(path.join(folder, 'tests/test_app.py'))
  const { code, stdout, stderr } = await run('sh', ['-ec', unit.at(-1) as string], { cwd: folder })
  expect([code, `${stdout}${stderr}`]).toEqual([1, expect.stringContaining('less than fail-under=90')])
})
