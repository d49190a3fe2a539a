import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Format } from '../src/index.ts'

/** What a real program makes of a file: names and values. */
export type Read = Readonly<Record<string, string>>

export interface Consumer {
  readonly format: Format
  readonly name: string
  /** Why it cannot be asked on this machine. */
  readonly missing: string | undefined
  /** `names` are those in the file, for consumers that have to be asked for each. */
  readonly read: (text: string, names: readonly string[]) => Promise<Read>
}

const { parse } = createRequire(import.meta.url)('dotenv') as { parse: (text: Buffer) => Record<string, string> }
const runs = (program: string, ...args: string[]): boolean => spawnSync(program, args, { stdio: 'ignore' }).status === 0

async function inFolder<T>(files: Readonly<Record<string, string>>, work: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'env-consumer-'))
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function output(program: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8', maxBuffer: 1 << 28, env: clean })
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`)
  return stdout
}

const clean = { PATH: process.env.PATH ?? '', HOME: tmpdir() }

/** `config` writes a dollar sign as `$$`, because its output is meant to be read as a Compose file again. */
function environmentOf(folder: string): Read {
  const text = output('docker', ['compose', 'config', '--format', 'json'], folder)
  const environment: Record<string, string> = JSON.parse(text).services.app.environment ?? {}
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, value.replaceAll('$$', '$')]))
}

const compose = (text: string) =>
  inFolder({ 'app.env': text, 'compose.yaml': 'services: { app: { image: x, env_file: app.env } }\n' }, environmentOf)

function interpolation(text: string, names: readonly string[]): Promise<Read> {
  const environment = names.map((name) => `      ${name}: "$\{${name}}"\n`).join('')
  return inFolder({ '.env': text, 'compose.yaml': `services:\n  app:\n    image: x\n    environment:\n${environment}` }, environmentOf)
}

/** The CLI reads the file itself and sends what it found: to us, in place of an engine. */
function docker(text: string): Promise<Read> {
  return inFolder({ 'app.env': text }, (folder) => {
    const socket = join(folder, 'docker.sock')
    return new Promise<Read>((resolve, reject) => {
      const server = createServer((request, response) => {
        let body = ''
        request.on('data', (piece) => {
          body += piece
        })
        request.on('end', () => {
          response.setHeader('Api-Version', '1.41').setHeader('Content-Type', 'application/json')
          if (!request.url?.includes('/containers/create')) return response.end('OK')
          resolve(pairsOf(JSON.parse(body).Env ?? []))
          response.statusCode = 201
          return response.end('{"Id":"made","Warnings":[]}')
        })
      })
      server.listen(socket, () => {
        const child = spawn('docker', ['-H', `unix://${socket}`, 'create', '--env-file', join(folder, 'app.env'), 'image'], { env: clean })
        let said = ''
        child.stderr.on('data', (piece) => {
          said += piece
        })
        child.on('close', () => {
          server.closeAllConnections()
          server.close()
          reject(new Error(`docker sent nothing: ${said}`))
        })
      })
    })
  })
}

const pairsOf = (assignments: readonly string[]): Read =>
  Object.fromEntries(assignments.map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]))

const root = fileURLToPath(new URL('../../..', import.meta.url))
const pythons = [join(root, '.cache/venv/bin/python3'), 'python3']
const python = pythons.find((one) =>
  runs(one, '-c', "import importlib.metadata as m; assert tuple(map(int, m.version('python-dotenv').split('.'))) >= (1, 2, 4)"),
)
const PYTHON = `
import json, sys
from dotenv import dotenv_values
values = dotenv_values(sys.argv[1])
print(json.dumps({name: value for name, value in values.items() if value is not None}))
`

/** systemd's own library: \`load_env_file\`, which reads EnvironmentFile=, and the check of each assignment behind it. */
const SYSTEMD = `
import ctypes, json, sys
lib = ctypes.CDLL(sys.argv[2])
lib.load_env_file.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(ctypes.POINTER(ctypes.c_char_p))]
lib.env_assignment_is_valid.argtypes = [ctypes.c_char_p]
lib.env_assignment_is_valid.restype = ctypes.c_bool
found = ctypes.POINTER(ctypes.c_char_p)()
values, at = {}, 0
if lib.load_env_file(None, sys.argv[1].encode(), ctypes.byref(found)) >= 0:
  while found and found[at]:
    if lib.env_assignment_is_valid(found[at]):
      name, _, value = found[at].decode().partition("=")
      values[name] = value
    at += 1
print(json.dumps(values))
`
const libraries = ['/usr/lib/x86_64-linux-gnu/systemd', '/usr/lib/aarch64-linux-gnu/systemd', '/usr/lib/systemd', '/lib/systemd']
const systemd = libraries
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
  .find((file) => /libsystemd-shared[^/]*\.so$/.test(file))

const byPython =
  (program: string, code: string, ...more: string[]) =>
  (text: string) =>
    inFolder({ 'app.env': text }, (folder) => JSON.parse(output(program, ['-c', code, join(folder, 'app.env'), ...more], folder)) as Read)

/** What the shell's children get: \`env -0\` says it byte for byte. */
const sourced =
  (...shell: [string, ...string[]]) =>
  (text: string, names: readonly string[]) =>
    inFolder({ 'app.env': text }, (folder) => {
      const [program, ...args] = shell
      const all = pairsOf(
        output(program, [...args, '-c', 'set -a; . ./app.env; exec env -0'], folder)
          .split('\0')
          .slice(0, -1),
      )
      return Object.fromEntries(names.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]])))
    })

const needs = (there: boolean, remedy: string): string | undefined => (there ? undefined : remedy)
const hasCompose = needs(runs('docker', 'compose', 'version'), 'docker compose is not installed')

export const consumers: readonly Consumer[] = [
  { format: 'compose', name: "docker compose's env_file", missing: hasCompose, read: compose },
  { format: 'compose-interpolation', name: "docker compose's .env", missing: hasCompose, read: interpolation },
  {
    format: 'docker',
    name: 'docker create --env-file',
    missing: needs(runs('docker', '--version'), 'docker is not installed'),
    read: docker,
  },
  { format: 'dotenv', name: 'the package dotenv', missing: undefined, read: async (text) => parse(Buffer.from(text)) },
  {
    ...{ format: 'python-dotenv', name: 'python-dotenv', read: byPython(python ?? '', PYTHON) },
    missing: needs(python !== undefined, 'python3 has no python-dotenv 1.2.4 or newer; .ci/run installs it'),
  },
  {
    ...{ format: 'systemd', name: "systemd's library", read: byPython('python3', SYSTEMD, systemd ?? '') },
    missing: needs(systemd !== undefined && runs('python3', '--version'), 'libsystemd-shared or python3 is not installed'),
  },
  { format: 'shell', name: 'dash', missing: needs(runs('dash', '-c', ':'), 'dash is not installed'), read: sourced('dash') },
  { format: 'shell', name: 'bash', missing: needs(runs('bash', '-c', ':'), 'bash is not installed'), read: sourced('bash', '--posix') },
  {
    format: 'shell',
    name: 'busybox ash',
    missing: needs(runs('busybox', 'true'), 'busybox is not installed'),
    read: sourced('busybox', 'sh'),
  },
]
