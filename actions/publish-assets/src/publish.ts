import { createReadStream } from 'node:fs'
import { join, posix } from 'node:path'
import { type Clock, type Log, type Outputs, type Summary, UserError, type Verdict } from '@deploy-actions/kit'
import { Bucket, nameOf, type Place, partBytesFor, placeOf, type Stored, someAtOnce } from '@deploy-actions/s3'
import { type AssetFile, filesIn, listed, md5Of } from './asset-files.ts'
import { typeOf } from './content-type.ts'
import { type ImagePorts, withFolderOf } from './from-image.ts'
import type { AssetInputs } from './inputs.ts'
import { seenByVisitors } from './seen-by-visitors.ts'

export interface PublishPorts extends ImagePorts {
  readonly log: Log
  readonly outputs: Outputs
  readonly summary: Summary
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch
}

/** Brings what is new into the bucket; what is there under the same name stays as it is, or nothing is sent at all. */
export async function publish(given: AssetInputs, ports: PublishPorts): Promise<Verdict> {
  const { folder, image, path = '', exclude } = given
  if (image !== undefined)
    return withFolderOf(image, path, async (copied) => send(await filesIn(copied, `${path} of ${image}`, exclude), given, ports), ports)
  const named = folder as string
  return send(await filesIn(join(ports.env.GITHUB_WORKSPACE ?? '.', named), named, exclude), given, ports)
}

async function send(files: readonly AssetFile[], given: AssetInputs, ports: PublishPorts): Promise<Verdict> {
  const place = { ...(placeOf(given) as Place), rights: RIGHTS }
  const bucket = new Bucket(place, ports)
  const keyOf = ({ name }: AssetFile): string => posix.join(given.s3Prefix ?? '', name)
  const there = new Map((await bucket.list(given.s3Prefix === undefined ? '' : `${given.s3Prefix}/`)).map((one) => [one.key, one]))
  const others: AssetFile[] = []
  await someAtOnce(files, async (file) => {
    const stored = there.get(keyOf(file))
    if (stored !== undefined && !(await isSame(file, stored, bucket))) others.push(file)
  })
  if (others.length > 0 && (!given.overwrite || isForGood(given))) throw changed(others.map(keyOf), place)
  // Also those with the same bytes: they may have had other headers, or another right.
  const wanted = given.overwrite ? files : files.filter((file) => !there.has(keyOf(file)))
  if (!given.dryRun)
    await someAtOnce(wanted, async (file) => {
      const { acl } = given
      const headers = { 'content-type': typeOf(file.name), 'cache-control': given.cacheControl, ...(acl && { 'x-amz-acl': acl }) }
      await bucket.upload(keyOf(file), createReadStream(file.path), partBytesFor(file.size), headers)
      ports.log.info(`sent ${keyOf(file)}`)
    })
  if (given.url !== undefined && !given.dryRun)
    await seenByVisitors(
      files.map((file) => ({
        url: `${given.url}/${file.name.split('/').map(encodeURIComponent).join('/')}`,
        ...{ type: typeOf(file.name), size: file.size, sent: wanted.includes(file) },
      })),
      ports,
    )
  return report({ files, wanted, given, place }, ports)
}

/** The ETag is the MD5 of most objects; of what is encrypted with a key of its own, or came in parts, it is not, and the bytes say it. */
async function isSame(file: AssetFile, stored: Stored, bucket: Bucket): Promise<boolean> {
  if (stored.size !== file.size) return false
  return stored.etag.replaceAll('"', '') === file.md5 || (await md5Of(await bucket.require(stored.key))) === file.md5
}

const changed = (keys: readonly string[], place: Place): UserError =>
  new UserError('DA-ASSETS-CHANGED', `${nameOf(place)} has ${listed(keys)} with other bytes`, {
    hint: 'Browsers and the CDN keep what they have. Let the build put a hash into the names; for names that stay, take a step with `overwrite: true` and a short `cache-control`.',
  })

const isForGood = ({ cacheControl }: AssetInputs): boolean => /\bimmutable\b/.test(cacheControl)

const RIGHTS =
  'It needs s3:ListBucket, s3:GetObject, s3:PutObject and s3:AbortMultipartUpload, with `acl` also s3:PutObjectAcl; and the bucket must not block what `acl` gives.'

interface Published {
  readonly files: readonly AssetFile[]
  readonly wanted: readonly AssetFile[]
  readonly given: AssetInputs
  readonly place: Place
}

function report({ files, wanted, given, place }: Published, { outputs, summary, log }: PublishPorts): Verdict {
  const bytes = wanted.reduce((sum, { size }) => sum + size, 0)
  const status = given.dryRun ? 'planned' : wanted.length === 0 ? 'unchanged' : 'published'
  outputs.set('status', status)
  outputs.set('sent', given.dryRun ? '0' : String(wanted.length))
  outputs.set('bytes', given.dryRun ? '0' : String(bytes))
  outputs.set('files', String(files.length))
  const words = `${wanted.length} of ${files.length} files, ${bytes} bytes`
  log.info(given.dryRun ? `would send ${words} to ${nameOf(place)}` : `${words}, sent to ${nameOf(place)}; the others were there`)
  summary.heading(`${HEADINGS[status]} — ${place.bucket}`)
  summary.table(
    ['Files', 'New', 'Bytes', 'Cache'],
    [[String(files.length), String(wanted.length), String(bytes), `\`${given.cacheControl}\``]],
  )
  if (wanted.length > 0) summary.details('New files', wanted.map(({ name }) => name).join('\n'))
  return 'ok'
}

const HEADINGS = { planned: '📋 Planned: nothing was sent', unchanged: '✅ All files were there', published: '✅ Published' } as const
