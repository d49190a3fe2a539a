import { generateKeyPairSync } from 'node:crypto'
import { placesForParts } from '@deploy-actions/agent'
import type { Place } from '@deploy-actions/hosts'
import { createSecrets } from '@deploy-actions/kit'
import { FakeClock, FakeExec, FakeLog, inputsOf } from '@deploy-actions/testing'
import { inputs, type ReleaseInputs } from '../src/inputs.ts'
import type { PartsPorts } from '../src/world.ts'

export const sshKey = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'sec1', format: 'pem' },
}).privateKey

export const run = { run: undefined, who: 'a test', repository: 'acme/shop', commit: undefined, actor: 'ann' }

export const given = (more: Readonly<Record<string, string>>): ReleaseInputs =>
  inputsOf('release-compose-ssh', inputs, { host: 'one', 'ssh-key': sshKey, ...more })

interface Scene {
  readonly inputs: ReleaseInputs
  readonly directory?: string
  readonly places?: readonly Place[]
  readonly files?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
}

/** What the parts use of the world, with hosts that they share. */
export function portsOf({ inputs: { lockTimeout, dryRun }, directory = '/opt/shop', places = [], files = {}, env = {} }: Scene) {
  const shared = placesForParts(places, { directory, lockTimeoutMs: lockTimeout, who: run.who, dryRun })
  const log = new FakeLog()
  const ports: PartsPorts = {
    ...{ env, log, hosts: shared.places, secrets: createSecrets(), clock: new FakeClock(), signal: new AbortController().signal },
    exec: new FakeExec({ 'git show': { code: 128 } }) as never,
    workspace: {
      read: async (path) => (files[path] === undefined ? undefined : Buffer.from(files[path])),
      list: async () => Object.keys(files),
      stat: async (path) => (files[path] === undefined ? undefined : { kind: 'file', mode: 0o644 }),
    },
    files: { read: () => Buffer.from(''), write: (path: string) => path, whyNotWritable: () => undefined } as never,
    registry: () => {
      throw new Error('no registry is asked')
    },
    http: () => {
      throw new Error('nothing is asked')
    },
    newKey: () => 'f'.repeat(64),
    newName: () => 'name',
  }
  return { ports, log, close: shared.close }
}
