import { spawnSync } from 'node:child_process'

/** A clone with a remote `origin`. */
export interface Git {
  /** The commit that is checked out. */
  head(): string
  /** Commits of the remote's tags by name: what an annotated tag points to, not the tag itself. */
  remoteTags(): Map<string, string>
  /** What the tag's name holds at the remote, a commit or an annotated tag; '' when there is none. */
  remoteObject(tag: string): string
  /** Whether the commit is one of that branch of the remote. */
  isOn(branch: string, commit: string): boolean
  /**
   * Sets a tag at the remote.
   * @param instead what the tag holds there now, '' for nothing: the remote refuses when that is no longer so
   */
  push(tag: string, commit: string, instead: string): void
}

export function gitIn(folder: string): Git {
  const git = (...args: string[]): string => {
    const { status, stdout, stderr, error } = spawnSync('git', args, { cwd: folder, encoding: 'utf8' })
    if (error) throw error
    if (status !== 0) throw new Error(`git ${args[0]} failed: ${stderr.trim()}`)
    return stdout.trim()
  }
  const lines = (...refs: string[]) =>
    git('ls-remote', 'origin', ...refs)
      .split('\n')
      .filter((line) => line !== '')
      .map((line): [string, string] => [line.slice(line.indexOf('\t') + 1).replace('refs/tags/', ''), line.split('\t')[0] as string])
  return {
    head: () => git('rev-parse', 'HEAD'),
    remoteTags: () => peeled(lines('refs/tags/*')),
    remoteObject: (tag) => lines(`refs/tags/${tag}`)[0]?.[1] ?? '',
    isOn: (branch, commit) => {
      git('fetch', '--quiet', 'origin', `+refs/heads/${branch}:refs/remotes/origin/${branch}`)
      return spawnSync('git', ['merge-base', '--is-ancestor', commit, `origin/${branch}`], { cwd: folder }).status === 0
    },
    push: (tag, commit, instead) => {
      git('push', '--quiet', `--force-with-lease=refs/tags/${tag}:${instead}`, 'origin', `${commit}:refs/tags/${tag}`)
    },
  }
}

/** `v1^{}` is the commit that the annotated tag `v1` points to; it takes the place of the tag. */
function peeled(refs: readonly [string, string][]): Map<string, string> {
  const plain = refs.filter(([name]) => !name.endsWith('^{}'))
  const behind = refs.filter(([name]) => name.endsWith('^{}')).map(([name, commit]): [string, string] => [name.slice(0, -3), commit])
  return new Map([...plain, ...behind])
}
