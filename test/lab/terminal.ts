import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { node24 } from '@deploy-actions/testing'
import type { Box } from '../../lab/lab.ts'
import { read, root } from '../repository.ts'

export interface Typed {
  readonly code: number
  readonly text: string
}

export interface TerminalOptions {
  /** Typed before each command: what the page defines once for the shell in which one goes on. */
  readonly first?: string
  /** What is another one for everybody who reads the page, and what only others could answer: words of the page to ours. */
  readonly ours: ReadonlyMap<string, string>
  /** Programs in the place of those that ask GitHub or a name server: name to the text of a shell script. */
  readonly programs?: Readonly<Record<string, string>>
}

/** The shell of a person with a key for the boxes, in the clone; the app's repository lies beside it as `shop`. */
export class Terminal {
  readonly folder = mkdtempSync(join(tmpdir(), 'terminal-'))
  readonly #options: TerminalOptions

  constructor(boxes: readonly Box[], { ours, programs = {}, ...options }: TerminalOptions) {
    for (const name of ['home/.ssh', 'bin', 'shop']) mkdirSync(join(this.folder, name), { recursive: true })
    const knownHosts = boxes.map((box) => box.knownHosts.trimEnd()).join('\n')
    for (const path of ['home/.ssh/known_hosts', 'shop/known_hosts']) this.write(path, `${knownHosts}\n`)
    const ssh = `exec /usr/bin/ssh -i ${boxes[0]?.keyFile} -o UserKnownHostsFile=${join(this.folder, 'home/.ssh/known_hosts')} "$@"`
    for (const [name, script] of Object.entries({ ssh, ...programs })) this.write(`bin/${name}`, `#!/bin/sh\n${script}\n`, 0o755)
    const places: [string, string][] = [
      ['../deploy-actions', root],
      ['../shop', join(this.folder, 'shop')],
      ['~/.ssh/id_ed25519', boxes[0]?.keyFile ?? ''],
    ]
    this.#options = { ...options, ours: new Map([...places, ...ours]) }
  }

  write(path: string, content: string, mode = 0o600): void {
    writeFileSync(join(this.folder, path), content, { mode })
  }

  /** Types it with our words in the place of the page's. Others may go on meanwhile. */
  type(command: string, cwd = root): Promise<Typed> {
    const PATH = [join(this.folder, 'bin'), dirname(node24()), process.env.PATH].join(delimiter)
    const env = { ...process.env, HOME: join(this.folder, 'home'), PATH, KEPT: this.folder }
    const child = spawn('sh', ['-ec', this.#mine(`${this.#options.first ?? ''}\n${command}`)], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let text = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
    return new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code) => resolve({ code: code ?? -1, text }))
    })
  }

  /** The same, for what has to end well. @returns what it printed */
  async do(command: string, cwd = root): Promise<string> {
    const { code, text } = await this.type(command, cwd)
    if (code !== 0) throw new Error(`this ended with ${code}:\n${this.#mine(command)}\n${text}`)
    return text
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  #mine(command: string): string {
    return [...this.#options.ours].reduce((text, [theirs, ours]) => text.replaceAll(theirs, () => ours), command)
  }
}

/** The shell blocks of a part of the runbooks, such as `Moving to another host`, each as its lines. */
export function runbook(heading: string): string[][] {
  const part = read('docs/runbooks.md')
    .split(/^#{2,3} /m)
    .filter((one) => one.startsWith(`${heading}\n`))
  if (part.length !== 1) throw new Error(`the runbooks have ${part.length} parts called "${heading}"`)
  return [...(part[0] ?? '').matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block = '']) => block.trim().split('\n'))
}
