import { readFileSync } from 'node:fs'
import type { Stage } from './stage.ts'
import { sleep } from './under-load.ts'

/** The sample project as somebody runs it by hand: without a name of its own, and with a published port. */
export function byHandCompose({ lab }: Stage): string {
  return readFileSync(`${lab.sample}/compose.yaml`, 'utf8')
    .replace('name: sample\n', '')
    .replace('    depends_on:\n      api:', '    ports:\n      - "80:8000"\n    depends_on:\n      api:')
}

/** What a deploy of it needs: the port of the file moves to the edge. */
export const byHandInputs = { routes: '', switch: 'web:8000\napi:9000' }

/** A bare host on which somebody has just typed `docker compose up -d`. */
export async function startByHand(
  stage: Stage,
  folder: string,
  { compose = byHandCompose(stage), file = 'compose.yaml' } = {},
): Promise<void> {
  await stage.box.reset()
  await stage.box.exec(`mkdir -p ${folder} && cat >${folder}/${file}`, { stdin: compose })
  const { code, stderr } = await stage.box.exec(`cd ${folder} && docker compose -f ${file} up -d --wait`, { timeoutMs: 120_000 })
  if (code !== 0) throw new Error(`the project does not start by hand: ${stderr}`)
  for (let tries = 0; tries < 100; tries++) {
    if ((await fetch(stage.url).catch(() => undefined))?.ok) return
    await sleep(100)
  }
  throw new Error('the project that was started by hand does not serve')
}
