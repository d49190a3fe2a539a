import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { encodeComposeEnvFile } from '../src/index.ts'
import { nastyValues } from './nasty-values.ts'

const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0
const withCompose = hasCompose ? test : test.skip

function resolvedByCompose(envFile: string): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'env-file-'))
  try {
    writeFileSync(join(folder, 'app.env'), envFile)
    writeFileSync(join(folder, 'compose.yaml'), 'services: { app: { image: x, env_file: app.env } }\n')
    const { status, stdout, stderr } = spawnSync('docker', ['compose', 'config', '--format', 'json'], { cwd: folder, encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
    const environment: Record<string, string> = JSON.parse(stdout).services.app.environment
    // `config` writes a dollar sign as `$$`, because its output is meant to be read as a Compose file again.
    return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, value.replaceAll('$$', '$')]))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

withCompose('the docker compose of this machine reads back every value that we wrote', () => {
  const values = Object.fromEntries(nastyValues(400).map((value, index) => [`V${index}`, value]))
  expect(resolvedByCompose(encodeComposeEnvFile(new Map(Object.entries(values))))).toEqual(values)
})
