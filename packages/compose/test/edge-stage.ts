import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { currentCaddy } from '../../../lab/golang.ts'
import { buildImage, variants } from '../../../lab/images.ts'

export type CaddyKind = 'debian' | 'current'

export const docker = (...args: string[]): string => execFileSync('docker', args, { encoding: 'utf8' }).trim()
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** An edge with a Caddyfile of ours, and two slots that answer with their names. */
export class EdgeStage {
  readonly name: string
  readonly folder: string

  constructor(name: string) {
    this.name = `deploy-actions-${name}-${process.pid}`
    this.folder = mkdtempSync(`${tmpdir()}/edge-`)
    chmodSync(this.folder, 0o755)
    for (const one of ['switch', 'config']) mkdirSync(`${this.folder}/${one}`)
    writeFileSync(`${this.folder}/switch/none`, '')
  }

  /**
   * @param caddyfile may depend on the address at which this machine is seen in the network
   * @param given options of `docker run` for the edge
   */
  async start(kind: CaddyKind, caddyfile: string | ((ourAddress: string) => string), given: readonly string[] = []): Promise<void> {
    const image = await imageOf(kind)
    docker('network', 'create', this.name)
    const ourAddress = docker('network', 'inspect', '-f', '{{(index .IPAM.Config 0).Gateway}}', this.name)
    this.write('config/Caddyfile', configured(typeof caddyfile === 'string' ? caddyfile : caddyfile(ourAddress)))
    for (const slot of ['blue', 'green']) this.#startSlot(slot, image)
    const mounts = ['-v', `${this.folder}/switch:/switch:ro`, '-v', `${this.folder}/config:/etc/caddy:ro`]
    docker('run', '-d', '--name', `${this.name}-edge`, '--network', this.name, ...mounts, ...given, image)
    for (let tries = 0; tries < 100 && !this.get('http://127.0.0.1:8000/').includes('503'); tries++) await pause(100)
  }

  /**
   * Answers with the name of the service and the slot; at /long with more than stays uncompressed. Below /static it has app.new.js, a page for
   * whatever comes from a single-page app, and nothing else.
   */
  #startSlot(slot: string, image: string): void {
    const files = `	@none {
		path /static/*
		not path /static/app.new.js
		not header X-Spa *
	}
	respond @none "gone" 404
	@spa header X-Spa *
	header @spa Content-Type text/html`
    const site = (port: number, service: string) => `http://:${port} {
${files}
	header X-Saw "{header.X-Deploy-Candidate}|{header.X-Forwarded-Proto}|{header.X-Forwarded-For}"
	header X-Proto {http.request.proto}
	respond /long "${'a long answer '.repeat(100)}"
	respond "${service}-${slot}"
}`
    this.write(slot, `{\n\tauto_https off\n\tservers {\n\t\tprotocols h1 h2 h2c\n\t}\n}\n${site(8000, 'web')}\n${site(9000, 'api')}\n`)
    const aliases = ['web', 'api'].flatMap((service) => ['', '-stream'].map((end) => `--network-alias=shop-${service}-${slot}${end}`))
    const mount = ['-v', `${this.folder}/${slot}:/etc/caddy/Caddyfile:ro`]
    docker('run', '-d', '--name', `${this.name}-${slot}`, '--network', this.name, ...aliases, ...mount, image)
  }

  /** Both Caddys may stand here one after the other. */
  stop(): void {
    for (const one of ['edge', 'blue', 'green']) docker('rm', '-f', `${this.name}-${one}`)
    docker('network', 'rm', this.name)
    rmSync(`${this.folder}/switch`, { recursive: true })
    mkdirSync(`${this.folder}/switch`)
    this.write('switch/none', '')
  }

  /** Nothing of the stage is left. */
  end(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  remove(path: string): void {
    rmSync(`${this.folder}/${path}`)
  }

  write(path: string, text: string): void {
    writeFileSync(`${this.folder}/${path}`, text)
  }

  flag(from: string, to: string): void {
    renameSync(`${this.folder}/switch/${from}`, `${this.folder}/switch/${to}`)
  }

  inEdge(...args: string[]): string {
    return docker('exec', `${this.name}-edge`, ...args)
  }

  /** Headers and body of an answer, asked from within the edge. */
  get(url: string, ...headers: string[]): string {
    const given = headers.flatMap((header) => ['--header', header])
    return this.inEdge('sh', '-c', 'wget -S -q -O - "$@" 2>&1 || :', 'sh', ...given, url)
  }

  /** What comes back for these lines and an empty one: also what wget keeps to itself. Who ends their own side at once is taken for gone. */
  send(port: number, ...lines: string[]): string {
    const request = `${lines.join('\\r\\n')}\\r\\n\\r\\n`
    return this.inEdge('sh', '-c', `{ printf '${request}'; sleep 0.5; } | nc 127.0.0.1 ${port} || :`)
  }

  addressOf(one: 'edge' | 'blue' | 'green'): string {
    return docker('inspect', '-f', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', `${this.name}-${one}`)
  }
}

export const SECRET = 's3cret'

/** As the agent fills it in; certificates are our own. */
const configured = (caddyfile: string): string =>
  caddyfile.replaceAll('@CANDIDATE@', SECRET).replace('{\n\tadmin', '{\n\tlocal_certs\n\tadmin')

export async function imageOf(kind: CaddyKind): Promise<string> {
  const files = kind === 'current' ? [await currentCaddy(() => {})] : []
  return buildImage({ name: `caddy-${kind}`, base: variants.bookworm.base, folder: 'caddy', files }, () => {})
}

/** What Caddy says of a configuration; it is right when there is no `Error`. */
export async function verdictOf(kind: CaddyKind, caddyfile: string): Promise<string> {
  const image = await imageOf(kind)
  const ask = 'cat >/tmp/Caddyfile; caddy validate --config /tmp/Caddyfile --adapter caddyfile 2>&1 || :'
  return execFileSync('docker', ['run', '--rm', '-i', image, 'sh', '-c', ask], { encoding: 'utf8', input: configured(caddyfile) })
}
