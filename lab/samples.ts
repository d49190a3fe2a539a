import { readFileSync } from 'node:fs'
import { goProgram } from './golang.ts'
import type { Say } from './images.ts'
import type { Layer, Registry, SmallImage } from './oci.ts'
import { hasManifest, layerOf, publish, publishIndex } from './oci.ts'
import { LabError } from './shell.ts'
import { recall, remember } from './state.ts'

export type SampleName = 'web' | 'api' | 'worker' | 'store'
interface Sample {
  name: SampleName
  tag: string
  mode?: string
  architecture?: 'arm64'
}

const good = ['v1', 'v2', 'v3', 'v4', 'v5', 'v6']
const samples: Sample[] = [
  ...good.flatMap((tag): Sample[] => [
    { name: 'web', tag },
    { name: 'api', tag },
  ]),
  // An api of the same version goes with each, so that nobody takes a bad release for a mixture of two.
  ...['unhealthy', 'exit', 'bad-ready', 'errors'].flatMap((mode): Sample[] => [
    { name: 'web', tag: mode, mode },
    { name: 'api', tag: mode },
  ]),
  { name: 'web', tag: 'arm64', architecture: 'arm64' },
  { name: 'worker', tag: 'v1' },
  { name: 'worker', tag: 'v2' },
  { name: 'store', tag: 'v1' },
]

const exposed: Record<SampleName, string> = { web: '8000/tcp', api: '9000/tcp', worker: '9100/tcp', store: '7000/tcp' }

/** Puts every sample image into the registries, unless they are there. Ends with a map `web:v1` → digest in the state. */
export async function ensureSamples(open: Registry, login: Registry, say: Say): Promise<void> {
  const program = await goProgram('apps', say)
  const known = recall('samples.json')
  if (known && (await stillPublished(JSON.parse(known), program, open, login))) return
  say('publishing the sample images')
  const layer = layerOf('/sample', readFileSync(program))
  const digests: Record<string, string> = {}
  for (const sample of samples) {
    digests[`${sample.name}:${sample.tag}`] = await publish(open, `sample/${sample.name}`, sample.tag, describe(sample, layer))
  }
  // What a build for two platforms gives: the digest of a list, not of an image.
  const platforms = { amd64: digests['web:v1'] as string, arm64: digests['web:arm64'] as string }
  digests['web:multi'] = await publishIndex(open, 'sample/web', 'multi', platforms)
  for (const tag of ['v1', 'v2']) await publish(login, 'private/web', tag, describe({ name: 'web', tag }, layer))
  remember('samples.json', JSON.stringify({ program, digests }))
}

async function stillPublished(known: Published, program: string, open: Registry, login: Registry): Promise<boolean> {
  if (known.program !== program || samples.some(({ name, tag }) => !known.digests[`${name}:${tag}`])) return false
  const multi = known.digests['web:multi'] as string
  return (await hasManifest(open, 'sample/web', multi)) && (await hasManifest(login, 'private/web', 'v2'))
}

interface Published {
  program: string
  digests: Record<string, string>
}

function describe({ name, tag, mode, architecture }: Sample, layer: Layer): SmallImage {
  return {
    layer,
    env: { ROLE: name, VERSION: tag, MODE: mode ?? 'ok' },
    entrypoint: ['/sample'],
    exposed: [exposed[name]],
    architecture,
    labels: { 'org.opencontainers.image.version': tag },
  }
}

export function sampleDigest(name: SampleName, tag: string): string {
  const published = JSON.parse(recall('samples.json') ?? '{"digests":{}}') as Published
  const digest = published.digests[`${name}:${tag}`]
  if (!digest) throw new LabError(`no sample image ${name}:${tag}; there are ${Object.keys(published.digests).join(', ')}`)
  return digest
}
