import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ensureBuilder } from '../builder/builder.ts'
import { goProgram } from '../golang.ts'
import { registryAddress } from '../lab.ts'
import { must } from '../shell.ts'
import { ensureStack } from '../stack/stack.ts'
import { atLoopback } from '../token-registry/token-registry.ts'
import { BuildStage } from './build-stage.ts'

// build-push-ghcr beside plain `docker buildx build --push`, in alternating pairs: cold (nothing cached) and warm (the registry's cache, an empty builder).
// The lab has to be up (`npm run lab -- up`).
// Both push the same image with the same cache; the action also checks, reads back and tags. Starting the image is measured apart.

const PAIRS = Number(process.argv[2] ?? 7)
const registry = await atLoopback('registry')
const stack = await ensureStack()
const { env } = await ensureBuilder()
const base = stack.image('backend', 'v1').replace(registryAddress, registry)
const server = readFileSync(await goProgram('apps', () => {}))
const stage = await BuildStage.open({
  Dockerfile: `FROM ${base}\nRUN sleep 1 && seq 1 300000 > /numbers\nRUN sleep 1 && seq 1 400000 > /more\nCOPY server /server\nENV ROLE=web VERSION=v1 MODE=ok BOOT_SECONDS=0.5\nENTRYPOINT ["/server"]\n`,
  server,
})
const temp = mkdtempSync(path.join(tmpdir(), 'lab-bench-'))
const cache = (image: string) => `type=registry,ref=${image}:buildcache-linux-amd64`

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

const forget = () => must('docker', ['buildx', 'prune', '--all', '--force'], { env })

async function action(image: string, verify: string): Promise<number> {
  await forget()
  return timed(async () => {
    const { code, stdout } = await stage.run({ inputs: { registry, image, verify, tags: 'type=ref,event=branch' } })
    if (code !== 0) throw new Error(stdout)
  })
}

async function plain(image: string): Promise<number> {
  await forget()
  const args = ['buildx', 'build', '--push', '--tag', `${image}:main`, '--provenance', 'mode=min', '--cache-from', cache(image)]
  const to = ['--cache-to', `${cache(image)},mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true`]
  return timed(() => must('docker', [...args, ...to, '--metadata-file', path.join(temp, 'm.json'), '.'], { env, cwd: stage.folder }))
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const times: Record<'ours cold' | 'plain cold' | 'ours warm' | 'plain warm' | 'ours warm, started', number[]> = {
  'ours cold': [],
  'plain cold': [],
  'ours warm': [],
  'plain warm': [],
  'ours warm, started': [],
}
for (let pair = 0; pair < PAIRS; pair += 1) {
  const [ours, theirs] = [`${registry}/bench/ours-${Date.now()}`, `${registry}/bench/plain-${Date.now()}`]
  const oursFirst = pair % 2 === 0
  if (oursFirst) times['ours cold'].push(await action(ours, 'off'))
  times['plain cold'].push(await plain(theirs))
  if (!oursFirst) times['ours cold'].push(await action(ours, 'off'))
  if (oursFirst) times['ours warm'].push(await action(ours, 'off'))
  times['plain warm'].push(await plain(theirs))
  if (!oursFirst) times['ours warm'].push(await action(ours, 'off'))
  times['ours warm, started'].push(await action(ours, '{ port: 8000, path: /health }'))
  console.log(
    Object.entries(times)
      .map(([name, all]) => `${name} ${((all.at(-1) ?? 0) / 1000).toFixed(2)} s`)
      .join(' · '),
  )
}
for (const [name, all] of Object.entries(times)) console.log(`median of ${all.length}: ${name} ${(median(all) / 1000).toFixed(2)} s`)
for (const kind of ['cold', 'warm'] as const)
  console.log(`${kind}: ${(median(times[`ours ${kind}`]) / median(times[`plain ${kind}`])).toFixed(2)} times plain buildx`)
stage.close()
rmSync(temp, { recursive: true })
