import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { type TryPlan, tryFailure } from '@deploy-actions/setup'
import type { Say } from '../images.ts'
import { type Ran, run } from '../shell.ts'
import { push, type TryServer } from './server.ts'

/** Makes the images of a repository, once for each release, and gives the server those that somebody else made. */
export class TryImages {
  readonly #server: TryServer
  readonly #plan: TryPlan
  readonly #directory: string

  /** @param directory the repository itself: images are built where it lies */
  constructor(server: TryServer, plan: TryPlan, directory: string) {
    this.#server = server
    this.#plan = plan
    this.#directory = directory
  }

  /** Builds by this machine's Docker, as `docker compose build` does. @returns lines `service=image@sha256:…`; another release has other digests */
  async build(release: string, say: Say): Promise<string[]> {
    const { built } = this.#plan
    const { here, there } = this.#server.registry
    say(`building ${built.map(({ name }) => name).join(', ')} for release ${release}`)
    const tag = (name: string) => `deploy-actions-try/${name.toLowerCase()}:${process.pid}`
    const over = built.map(({ name, context }): [string, string[]] => {
      const labels = JSON.stringify({ 'deploy-actions.try.release': release })
      const from = context === undefined ? [] : [`context: ${JSON.stringify(path.resolve(this.#directory, context))}`]
      // What the file would write elsewhere is not ours to write: tags of the user's, and a cache that others read.
      const build = [`labels: ${labels}`, ...from, 'tags: !reset []', 'cache_to: !reset []']
      return [name, [`image: ${JSON.stringify(tag(name))}`, `build: { ${build.join(', ')} }`]]
    })
    const ran = await this.#compose(new Map(over), ['build', ...built.map(({ name }) => name)], say)
    if (ran.code !== 0) throw tryFailure('DA-TRY-BUILD', 'an image of yours could not be built', ran.stdout + ran.stderr)
    const lines: string[] = []
    try {
      for (const { name } of built) {
        const repository = name.toLowerCase()
        lines.push(`${name}=${there}/${repository}@${await push(tag(name), `${here}/${repository}:${release}`)}`)
      }
    } finally {
      await run('docker', ['rmi', ...built.map(({ name }) => tag(name))])
    }
    return lines
  }

  /** Images that the file names and nobody builds: what this machine has or may pull, the server need not reach. */
  async handOver(say: Say): Promise<void> {
    const resolved = await this.#compose(new Map(), ['config', '--format', 'json'])
    if (resolved.code !== 0) throw tryFailure('DA-TRY-BUILD', 'Compose does not read the project', resolved.stderr)
    const model = JSON.parse(resolved.stdout) as { services: Record<string, { image?: string }> }
    const others = Object.entries(model.services).filter(
      ([name]) => !this.#plan.built.some((one) => one.name === name) && name !== this.#plan.leftOut,
    )
    const images = [...new Set(others.flatMap(([, { image }]) => image ?? []))]
    for (const image of images) await this.#have(image, say)
    if (images.length > 0) say(`handing over ${images.join(', ')}`)
    if (images.length > 0) await this.#server.load(images)
  }

  async #have(image: string, say: Say): Promise<void> {
    if ((await run('docker', ['image', 'inspect', '--format', 'there', image])).code === 0) return
    say(`pulling ${image}`)
    const pulled = await run('docker', ['pull', '-q', image])
    if (pulled.code !== 0) throw tryFailure('DA-TRY-IMAGE', `the image ${image} cannot be had`, pulled.stderr)
  }

  /** By the repository's own files, and one more over them (lines of YAML by service): env files are for containers, and may be the server's alone. */
  #compose(over: ReadonlyMap<string, readonly string[]>, args: string[], say?: Say): Promise<Ran> {
    const file = path.join(this.#server.folder, 'build.yaml')
    const names = [...new Set([...this.#plan.withEnvFiles, ...over.keys()])]
    const lines = names.map((name) => {
      const reset = this.#plan.withEnvFiles.includes(name) ? ['env_file: !reset []'] : []
      return `  ${JSON.stringify(name)}: { ${[...reset, ...(over.get(name) ?? [])].join(', ')} }`
    })
    writeFileSync(file, names.length === 0 ? 'services: {}\n' : `services:\n${lines.join('\n')}\n`)
    const files = [...this.#plan.composeFiles.map((one) => path.join(this.#directory, one)), file].flatMap((one) => ['-f', one])
    const env = { ...Object.fromEntries(this.#plan.values), COMPOSE_PROJECT_NAME: `try-${process.pid}` }
    return run('docker', ['compose', ...files, ...args], { cwd: this.#directory, env, ...(say && { onLine: say }) })
  }
}
