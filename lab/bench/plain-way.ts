import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Stage } from '../scenarios/stage.ts'
import { LabError, run } from '../shell.ts'
import { statePath } from '../state.ts'

/** `docker compose pull && up -d --wait` over SSH: what a workflow without a deploy tool does. */
export class PlainWay {
  readonly url: string
  readonly #stage: Stage

  constructor(stage: Stage) {
    this.#stage = stage
    this.url = `${stage.url}:8081`
  }

  /** Puts the files there and brings a first version up. */
  async prepare(tag: string): Promise<void> {
    if ((await run('ssh', ['-V'])).code !== 0) throw new LabError('The bench needs a client of OpenSSH (`ssh`) on this machine.')
    const { box } = this.#stage
    await box.exec('mkdir -p /opt/plain')
    for (const name of ['compose.yaml', 'compose.plain.yaml']) {
      await box.exec(`cat >/opt/plain/${name}`, { stdin: readFileSync(path.join(import.meta.dirname, name), 'utf8') })
    }
    await this.deploy(tag)
  }

  async deploy(tag: string): Promise<{ startedAt: number; endedAt: number }> {
    const { box, lab } = this.#stage
    const compose = 'docker compose -p plain -f compose.yaml -f compose.plain.yaml'
    const command = `cd /opt/plain && export EDGE=${lab.edgeImage} TAG=${tag} && ${compose} pull -q web api && ${compose} up -d --wait`
    const options = ['-i', box.keyFile, '-o', `UserKnownHostsFile=${statePath(`known_hosts.${box.name}`)}`, '-o', 'BatchMode=yes']
    const startedAt = Date.now()
    const ran = await run('ssh', [...options, `${box.user}@${box.address}`, command])
    if (ran.code !== 0) throw new Error(`the plain way ended with ${ran.code}:\n${ran.stdout}${ran.stderr}`)
    return { startedAt, endedAt: Date.now() }
  }
}
