import { readFileSync } from 'node:fs'
import { type Exec, UserError } from '@deploy-actions/kit'

/** The commit that is built: what GitHub says, or what git says of the folder. @throws UserError DA-COMMIT-UNKNOWN */
export async function commitOf(
  exec: Exec,
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ commit: string; committedAt: string | undefined }> {
  const git = await exec
    .run('git', ['log', '-1', '--format=%H %cI', ...(env.GITHUB_SHA ? [env.GITHUB_SHA] : [])], { cwd: env.GITHUB_WORKSPACE ?? '.' })
    .catch(() => undefined)
  const [, commit, time] = /^([0-9a-f]{40}) (\S+)$/m.exec(git?.stdout ?? '') ?? []
  const found = env.GITHUB_SHA ?? commit
  if (found === undefined || !/^[0-9a-f]{40}$/.test(found))
    throw new UserError('DA-COMMIT-UNKNOWN', 'it is not known which commit is built', {
      hint: 'Run in a git repository, or set GITHUB_SHA to the 40 hex digits of the commit.',
    })
  return { commit: found, committedAt: time === undefined ? headTime(env.GITHUB_EVENT_PATH, found) : new Date(time).toISOString() }
}

/** The text of the event's file; '' where there is none. */
export function eventText(path: string | undefined): string {
  try {
    return path === undefined ? '' : readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Where there is no checkout (a git context): the event of a push has the time. */
function headTime(path: string | undefined, commit: string): string | undefined {
  try {
    const { head_commit: head } = JSON.parse(eventText(path)) as { head_commit?: { id?: string; timestamp?: string } }
    return head?.id === commit && head.timestamp !== undefined ? new Date(head.timestamp).toISOString() : undefined
  } catch {
    return undefined
  }
}
