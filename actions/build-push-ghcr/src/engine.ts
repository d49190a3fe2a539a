import type { Docker } from './docker.ts'
import type { Companion, Start } from './verify-spec.ts'
import type { WorkFolder } from './work-folder.ts'

export interface ContainerState {
  readonly running: boolean
  readonly exitCode: number
  /** Undefined: it has no HEALTHCHECK. */
  readonly health: 'starting' | 'healthy' | 'unhealthy' | undefined
  /** Where its port answers on this machine. */
  readonly hostPort: number | undefined
}

export interface StartRequest extends Start {
  readonly reference: string
  /** Undefined: the machine's own. */
  readonly platform?: string | undefined
  readonly name: string
  readonly network: string
  readonly alias: string
}

/** Marks what belongs to this step, so that all of it can be found again and removed. */
const LABEL = 'deploy-actions.build'

/** Containers in the engine of the machine that runs the step. */
export class Engine {
  readonly #docker: Docker
  readonly #steady: Docker
  readonly #work: WorkFolder
  readonly #key: string
  #hasStarted = false

  /**
   * @param steady the same docker, which no cancelled run stops: a container that is just being made would not be found by who removes them
   * @param key of this step: letters and digits
   */
  constructor({ docker, steady, work }: { docker: Docker; steady: Docker; work: WorkFolder }, key: string) {
    this.#docker = docker
    this.#steady = steady
    this.#work = work
    this.#key = key
  }

  /** Whether there can be anything to remove. */
  get hasStarted(): boolean {
    return this.#hasStarted
  }

  /** `linux/amd64`. */
  platform(): Promise<string> {
    return this.#docker.ask(['version', '--format', '{{.Server.Os}}/{{.Server.Arch}}'])
  }

  /** @param platform where it is not the machine's own */
  async pull(reference: string, platform?: string): Promise<void> {
    await this.#docker.ask(['pull', '--quiet', ...platformArgs(platform), reference])
  }

  async network(name: string): Promise<string> {
    const full = `${this.#key}-${name}`
    this.#hasStarted = true
    await this.#steady.ask(['network', 'create', '--label', `${LABEL}=${this.#key}`, full])
    return full
  }

  /** Starts a container. Its variables are in no command line. */
  async start({ reference, platform, name, network, alias, env, command, port }: StartRequest): Promise<string> {
    const full = `${this.#key}-${name}`
    const variables = this.#variables(full, env)
    const args = [
      ...['run', '--detach', '--name', full, '--label', `${LABEL}=${this.#key}`, '--network', network, '--network-alias', alias],
      ...platformArgs(platform),
      // An interval of the image's own, often 30 s, would be waited for in vain.
      ...['--health-interval', '1s'],
      ...(port === undefined ? [] : ['--publish', `127.0.0.1::${port}`]),
      ...variables.args,
      reference,
      ...(command ?? []),
    ]
    await this.#steady.ask(args, variables.env)
    return full
  }

  async startCompanion(companion: Companion, of: string, network: string): Promise<string> {
    const { name, image } = companion
    if ((await this.#docker.run(['image', 'inspect', '--format', 'there', image])).code !== 0) await this.pull(image)
    return this.start({ ...companion, reference: image, name: `${of}-${name}`, network, alias: name })
  }

  async state(container: string, port: number | undefined): Promise<ContainerState> {
    const found = JSON.parse(await this.#docker.ask(['container', 'inspect', container])) as Inspected
    const [{ State, NetworkSettings }] = found
    const published = port === undefined ? undefined : NetworkSettings?.Ports?.[`${port}/tcp`]?.[0]?.HostPort
    return {
      running: State.Running,
      exitCode: State.ExitCode,
      health: State.Health?.Status,
      hostPort: published === undefined ? undefined : Number(published),
    }
  }

  async logs(container: string, tail: number): Promise<string> {
    const { stdout, stderr } = await this.#docker.run(['logs', '--tail', String(tail), container])
    return stdout + stderr
  }

  async tag(reference: string, name: string): Promise<void> {
    await this.#docker.ask(['tag', reference, name])
  }

  #variables(container: string, env: Readonly<Record<string, string>>): { args: string[]; env: Record<string, string> } {
    const all = Object.entries(env)
    const inFile = all.filter(([, value]) => !value.includes('\n'))
    const inherited = all.filter(([, value]) => value.includes('\n'))
    const file = inFile.map(([name, value]) => `${name}=${value}\n`).join('')
    return {
      args: [
        ...(file === '' ? [] : ['--env-file', this.#work.write(`env-${container}`, file)]),
        ...inherited.flatMap(([name]) => ['--env', name]),
      ],
      env: Object.fromEntries(inherited),
    }
  }
}

const platformArgs = (platform: string | undefined): string[] => (platform === undefined ? [] : ['--platform', platform])

/** Removes all that the step with this key started, whatever state it is in. */
export async function removeStarted(docker: Docker, key: string): Promise<void> {
  const filter = ['--filter', `label=${LABEL}=${key}`]
  const list = async (args: string[]) => (await docker.run([...args, ...filter])).stdout.split('\n').filter(Boolean)
  const containers = await list(['ps', '--all', '--quiet'])
  if (containers.length > 0) await docker.run(['rm', '--force', '--volumes', ...containers])
  const networks = await list(['network', 'ls', '--quiet'])
  if (networks.length > 0) await docker.run(['network', 'rm', ...networks])
}

type Inspected = [
  {
    State: { Running: boolean; ExitCode: number; Health?: { Status: 'starting' | 'healthy' | 'unhealthy' } }
    NetworkSettings?: { Ports?: Record<string, { HostPort: string }[] | null> }
  },
]
