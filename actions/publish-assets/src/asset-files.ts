import { createHash } from 'node:crypto'
import { createReadStream, readdirSync, realpathSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { UserError } from '@deploy-actions/kit'

/** A file that is to be published. */
export interface AssetFile {
  /** Below the folder, with `/`. */
  readonly name: string
  readonly path: string
  readonly size: number
  /** As most stores have it in their ETag. */
  readonly md5: string
}

/** What nobody publishes on purpose: where it lies, the folder is the wrong one. */
const PRIVATE =
  /(^|\/)(\.env(\.[^/]*)?|\.git(-credentials)?|\.(ssh|aws|docker|terraform|npmrc|netrc|pgpass|htpasswd)|id_(rsa|dsa|ed25519|ecdsa)|[^/]*\.(pem|key|p12|pfx|sql|sqlite3?|tfstate))(\/|$)/i

/**
 * All files of a folder, by name, without those whose names end in one of `exclude`.
 * @throws UserError DA-ASSETS-NONE, DA-ASSETS-PRIVATE
 */
export async function filesIn(folder: string, where: string, exclude: readonly string[]): Promise<AssetFile[]> {
  const names = namesIn(folder, where).filter((name) => !exclude.some((ending) => name.endsWith(ending)))
  const hidden = names.filter((name) => PRIVATE.test(name))
  if (hidden.length > 0)
    throw new UserError('DA-ASSETS-PRIVATE', `${where} has ${listed(hidden)}, which nobody may see`, {
      hint: 'Is it the right folder? Name the one that the build fills for browsers.',
    })
  if (names.length === 0)
    throw new UserError('DA-ASSETS-NONE', `${where} has no files to publish`, {
      hint: 'Does the build run before this step, and does it write there?',
    })
  const files: AssetFile[] = []
  for (const name of names) files.push(await fileOf(name, join(folder, name)))
  return files
}

function namesIn(folder: string, where: string): string[] {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new UserError('DA-ASSETS-NONE', `${where} is no folder`, {
      hint: 'Does the build run before this step, and does it write there?',
    })
  const top = realpathSync(folder)
  const walk = (directory: string): string[] =>
    readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
      const path = join(directory, entry.name)
      if (entry.isDirectory()) return walk(path)
      if (entry.isSymbolicLink()) requireInside(top, path, where)
      return statSync(path).isFile() ? [relative(folder, path).split(sep).join('/')] : []
    })
  return walk(folder).sort()
}

/** A link to a file of the folder is that file; a link elsewhere would publish what lies elsewhere. */
function requireInside(top: string, link: string, where: string): void {
  try {
    if (realpathSync(link).startsWith(top + sep) && statSync(link).isFile()) return
  } catch {
    // A link to nothing.
  }
  throw new UserError('DA-ASSETS-PRIVATE', `${where} has a link, ${relative(top, link)}, that leads out of it, or to no file`, {
    hint: 'Copy what it means into the folder, or remove it.',
  })
}

async function fileOf(name: string, path: string): Promise<AssetFile> {
  return { name, path, size: statSync(path).size, md5: await md5Of(createReadStream(path)) }
}

export async function md5Of(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('md5')
  for await (const chunk of bytes) hash.update(chunk)
  return hash.digest('hex')
}

/** Some names of many, for a message. */
export const listed = (names: readonly string[]): string =>
  names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '')
