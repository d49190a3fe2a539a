import { posix } from 'node:path'
import { caddyOptions, inWorkspace, type Refusal, refusal, type Workspace } from '@deploy-actions/compose'

/** The directives of the input `caddyfile`, and what speaks against them. */
export interface Caddyfile {
  readonly caddyfile: string
  readonly refusals: readonly Refusal[]
}

/** Reads the input `caddyfile`: directives as they stand, or a single word, which is the path of a file in the repository. */
export async function readCaddyfile(input: string | undefined, workspace: Workspace): Promise<Caddyfile> {
  if (input === undefined) return { caddyfile: '', refusals: [] }
  const text = /\s/.test(input) ? input : await fileOf(input, workspace)
  return typeof text === 'string' ? { caddyfile: text, refusals: caddyOptions(text).refusals } : { caddyfile: '', refusals: [text] }
}

async function fileOf(written: string, workspace: Workspace): Promise<string | Refusal> {
  const path = posix.isAbsolute(written) ? undefined : inWorkspace('.', written)
  const found = path === undefined ? { kind: 'outside' } : await workspace.stat(path)
  if (path === undefined || found?.kind === 'outside') {
    return refusal(
      'DA-FILE-OUTSIDE',
      `the input \`caddyfile\` names ${written}, which lies outside of the repository`,
      'Only files of the checked-out repository are read. Move it there, or write its lines into the input.',
    )
  }
  if (found?.kind !== 'file') {
    return refusal(
      'DA-FILE-MISSING',
      `the input \`caddyfile\` names ${written}, which is no file of the repository`,
      'Check the path; it is taken from the repository, after checkout. Directives stand in the input as they are, such as `encode gzip`.',
    )
  }
  return (await workspace.read(path))?.toString('utf8') ?? ''
}

/** Hashes of passwords in it, as `caddy hash-password` writes them. Caddy may repeat words of a line that it refuses. */
export const hashesIn = (caddyfile: string): string[] => caddyfile.match(/\$[a-z0-9]+\$\S+|\bJDJ[\w+/=]{20,}/g) ?? []
