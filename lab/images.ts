import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { docker, run } from './shell.ts'
import { labFolder } from './state.ts'

export type Say = (line: string) => void

/** What a box is made of. */
export interface Variant {
  suite: string
  base: string
  pluginSuite: string
  /** Boxes are called `<hostName>-<number>` and have addresses from `firstAddress` on, so variants can stand side by side. */
  hostName: string
  firstAddress: number
  /** An init of its own, and what asks it to power off. Without one a loop starts dead daemons again. */
  init?: { packages: string; stopSignal: string }
}
export const variants = {
  bookworm: { suite: 'bookworm', base: 'debian:bookworm-slim', pluginSuite: 'trixie', hostName: 'host', firstAddress: 11 },
  // The newest engine and Compose that Debian has: LAB_BOX=newest plays any suite there.
  newest: { suite: 'sid', base: 'debian:sid-slim', pluginSuite: 'sid', hostName: 'newest', firstAddress: 101 },
  // As a droplet has it: for units and timers.
  systemd: {
    ...{ suite: 'bookworm', base: 'debian:bookworm-slim', pluginSuite: 'trixie', hostName: 'systemd', firstAddress: 121 },
    init: { packages: 'systemd systemd-sysv dbus libpam-systemd', stopSignal: 'SIGRTMIN+3' },
  },
} satisfies Record<string, Variant>
export type VariantName = keyof typeof variants

interface Recipe {
  name: string
  base: string
  /** Folder of the Dockerfile, and files from elsewhere that it copies. */
  folder: string
  files?: string[]
  args?: Record<string, string>
}

/** The tag is a hash of everything that goes in, so an image that exists is right and is never built twice. */
export async function buildImage(recipe: Recipe, say: Say): Promise<string> {
  const folder = path.join(labFolder, recipe.folder)
  const hash = createHash('sha256').update(JSON.stringify([recipe.base, recipe.args ?? {}]))
  const inputs = readdirSync(folder).map((name) => path.join(folder, name))
  for (const file of [...inputs, ...(recipe.files ?? [])]) hash.update(path.basename(file)).update(readFileSync(file))
  const tag = `deploy-actions-lab/${recipe.name}:${hash.digest('hex').slice(0, 12)}`
  if ((await run('docker', ['image', 'inspect', '--format', 'there', tag])).code === 0) return tag
  say(`building ${recipe.name}`)
  await ensureBase(recipe.base, say)
  const context = mkdtempSync(path.join(tmpdir(), 'lab-build-'))
  try {
    cpSync(folder, context, { recursive: true })
    for (const file of recipe.files ?? []) cpSync(file, path.join(context, path.basename(file)))
    const args = Object.entries({ BASE: recipe.base, ...recipe.args }).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`])
    // The machine's own network: the engine's bridge may have no way out.
    await docker(['build', '--network', 'host', '--label', 'deploy-actions.lab=1', '-t', tag, ...args, context])
  } finally {
    rmSync(context, { recursive: true, force: true })
  }
  return tag
}

async function ensureBase(base: string, say: Say): Promise<void> {
  if ((await run('docker', ['image', 'inspect', '--format', 'there', base])).code === 0) return
  say(`pulling ${base}`)
  if ((await run('docker', ['pull', '-q', base], { timeoutMs: 60_000 })).code === 0) return
  say('no image registry in reach: making the base image with debootstrap')
  const suite = /^debian:(\w+)-slim$/.exec(base)?.[1] ?? 'bookworm'
  await run('sh', ['-c', 'command -v debootstrap || apt-get install -y -qq debootstrap'])
  const root = mkdtempSync(path.join(tmpdir(), 'lab-base-'))
  try {
    await docker(['version'])
    const steps = `debootstrap --variant=minbase ${suite} "$1/root" http://deb.debian.org/debian >"$1/log" 2>&1 || { tail -n 5 "$1/log"; exit 1; }
      rm -rf "$1"/root/var/cache/apt/archives/*.deb "$1"/root/var/lib/apt/lists/*
      tar -C "$1/root" -c . | docker import -c 'CMD ["bash"]' -c 'LABEL deploy-actions.lab=1' - "$2"`
    const made = await run('sh', ['-c', steps, 'sh', root, base])
    if (made.code !== 0) throw new Error(`debootstrap of ${suite} failed: ${made.stdout}${made.stderr}`)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

export function buildBox(name: VariantName, say: Say): Promise<string> {
  const { base, pluginSuite, init }: Variant = variants[name]
  const plugins = path.join(labFolder, 'engine/plugins.sh')
  const args = { PLUGIN_SUITE: pluginSuite, ...(init && { INIT_PACKAGES: init.packages, STOP_SIGNAL: init.stopSignal }) }
  return buildImage({ name: `box-${name}`, base, folder: 'box', files: [plugins], args }, say)
}

export function buildRegistry(say: Say): Promise<string> {
  return buildImage({ name: 'registry', base: variants.bookworm.base, folder: 'registry' }, say)
}
