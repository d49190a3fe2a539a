import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type BundleResult, type BundleRun, runBundle } from '@deploy-actions/testing'
import { ensureBuilder } from '../builder/builder.ts'
import type { Box } from '../lab.ts'
import { actionDefaults } from '../scenarios/action-defaults.ts'
import { must } from '../shell.ts'

export interface BuildRun extends Pick<BundleRun, 'signalAfter' | 'watch' | 'state' | 'limit'> {
  inputs?: Record<string, string>
  env?: Record<string, string>
}

/** A git repository, and steps of build-push-ghcr in it with the lab's builder. */
export class BuildStage {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'lab-build-'))
  /** In place of RUNNER_TEMP, to look at what a step left there. */
  readonly temp = path.join(this.folder, '.git/runner-temp')
  readonly #env: Record<string, string>

  private constructor(env: Record<string, string>) {
    this.#env = env
  }

  /** @param files path to content, or the folder of a repository */
  static async open(files: Record<string, string | Buffer> | string): Promise<BuildStage> {
    const { env } = await ensureBuilder()
    const stage = new BuildStage({
      ...env,
      GITHUB_REPOSITORY: 'Acme/Shop',
      GITHUB_REF: 'refs/heads/main',
      GITHUB_EVENT_NAME: 'push',
      GITHUB_ACTOR: 'ann',
    })
    if (typeof files === 'string') cpSync(files, stage.folder, { recursive: true })
    else for (const [name, content] of Object.entries(files)) stage.write(name, content)
    await must('git', ['init', '-q'], { cwd: stage.folder })
    await stage.commit()
    mkdirSync(stage.temp)
    return stage
  }

  write(name: string, content: string | Buffer): void {
    mkdirSync(path.dirname(path.join(this.folder, name)), { recursive: true })
    // Programs come as bytes.
    writeFileSync(path.join(this.folder, name), content, { mode: typeof content === 'string' ? 0o644 : 0o755 })
  }

  async commit(): Promise<string> {
    const author = ['-c', 'user.name=lab', '-c', 'user.email=lab@localhost']
    await must('git', ['add', '-A'], { cwd: this.folder })
    await must('git', [...author, 'commit', '-q', '--allow-empty', '-m', 'lab'], { cwd: this.folder })
    return must('git', ['rev-parse', 'HEAD'], { cwd: this.folder })
  }

  /** One step. */
  run({ inputs, env, ...run }: BuildRun = {}): Promise<BundleResult> {
    return runBundle('build-push-ghcr', {
      limit: 180_000,
      ...run,
      cwd: this.folder,
      inputs: { ...actionDefaults('build-push-ghcr'), ...inputs },
      env: { ...this.#env, RUNNER_TEMP: this.temp, ...env },
    })
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** On a box 127.0.0.1:<port> is then the registry of the same address on this machine, so that one name is right for builder, engine and host. */
export async function reachesLoopback(box: Box, loopback: string, registry: string): Promise<() => Promise<void>> {
  const rules = [
    `OUTPUT -d 127.0.0.1 -p tcp --dport ${loopback.split(':')[1]} -j DNAT --to-destination ${registry}`,
    `POSTROUTING -d ${registry.split(':')[0]} -j MASQUERADE`,
  ]
  const all = (verb: string) => rules.map((rule) => `iptables -t nat ${verb} ${rule}`).join(' && ')
  await box.exec(`echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet && ${all('-A')}`)
  return async () => {
    await box.exec(all('-D'))
  }
}
