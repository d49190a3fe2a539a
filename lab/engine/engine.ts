import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { docker, LabError, must, run } from '../shell.ts'
import { labFolder, recall, remember, statePath } from '../state.ts'

type Say = (line: string) => void

/** A Docker engine that answers: the one that is there, else Debian's own, installed and started. */
export async function ensureEngine(say: Say): Promise<void> {
  if (await engineAnswers()) return
  refuseWhereInstallingCannotWork()
  if ((await run('sh', ['-c', 'command -v dockerd && command -v iptables'])).code !== 0) {
    say('no Docker engine here: installing Debian packages')
    await installEngine()
  }
  // On a machine with systemd the package has started its service by now.
  if (!(await engineAnswers())) await startDaemon(say)
  await ensurePlugins(say)
}

async function engineAnswers(): Promise<boolean> {
  return (await run('docker', ['version', '--format', '{{.Server.Version}}'], { timeoutMs: 20_000 })).code === 0
}

function refuseWhereInstallingCannotWork(): void {
  if (process.platform !== 'linux' || !existsSync('/usr/bin/apt-get')) {
    throw new LabError(
      'No Docker engine answers here, and the lab can install one on Debian and Ubuntu only: install and start Docker first.',
    )
  }
  if (process.getuid?.() !== 0) {
    throw new LabError(
      'No Docker engine answers for this user: start Docker (or join its group), or run this once as root so that the lab can install it.',
    )
  }
}

async function installEngine(): Promise<void> {
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  const ubuntu = readFileSync('/etc/os-release', 'utf8').includes('ID=ubuntu')
  const plugins = ubuntu ? ['docker-compose-v2', 'docker-buildx'] : []
  // One broken third-party list makes `update` fail though Debian's own lists are there: only the install decides.
  await run('apt-get', ['update', '-qq'], { env })
  await must('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'docker.io', 'iptables', ...plugins], { env })
}

async function ensurePlugins(say: Say): Promise<void> {
  const [compose, buildx] = await Promise.all([run('docker', ['compose', 'version']), run('docker', ['buildx', 'version'])])
  if (compose.code === 0 && buildx.code === 0) return
  say('adding the Compose and buildx plugins')
  await must('sh', [path.join(labFolder, 'engine/plugins.sh'), '/usr/local/lib/docker/cli-plugins'])
}

async function startDaemon(say: Say): Promise<void> {
  say('starting dockerd in the background')
  const log = openSync(statePath('dockerd.log'), 'a', 0o600)
  const daemon = spawn('dockerd', [], { detached: true, stdio: ['ignore', log, log] })
  closeSync(log)
  daemon.unref()
  remember('dockerd.pid', String(daemon.pid))
  for (let tries = 0; tries < 150; tries++) {
    if (await engineAnswers()) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new LabError(`dockerd did not start; its log: ${statePath('dockerd.log')}`)
}

/** Stops the daemon that the lab started, and no other. Returns whether there was one. */
export async function stopOwnDaemon(): Promise<boolean> {
  const pid = Number(recall('dockerd.pid'))
  if (!ownsDaemon()) return false
  process.kill(pid, 'SIGTERM')
  for (let tries = 0; tries < 100 && isDockerd(pid); tries++) await new Promise((resolve) => setTimeout(resolve, 200))
  rmSync(statePath('dockerd.pid'), { force: true })
  return true
}

export function ownsDaemon(): boolean {
  const pid = Number(recall('dockerd.pid'))
  return pid > 0 && isDockerd(pid)
}

// The number alone could by now belong to somebody else's process.
function isDockerd(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'dockerd'
  } catch {
    return false
  }
}

export async function engineVersion(): Promise<string> {
  return docker(['version', '--format', '{{.Server.Version}}'])
}
