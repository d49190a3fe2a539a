import { posix } from 'node:path'
import { bool, list, Mistake, matching, oneOf, optional, type Problem, reader, secret, type Values } from '@deploy-actions/kit'
import { formatImageReference, parseImageReference } from '@deploy-actions/release'
import { bucket, s3Inputs, word } from '@deploy-actions/s3'

const folder = reader((raw) => {
  const path = posix.normalize(raw).replace(/\/+$/, '')
  if (path === '.' || path.startsWith('/') || path.split('/').includes('..'))
    throw new Mistake(
      'must be a folder below the workspace',
      'Write it like `frontend/dist/assets`. The whole workspace is nothing to publish.',
    )
  return path
})

const inImage = reader((raw) => {
  const path = posix.normalize(raw).replace(/\/+$/, '')
  if (!path.startsWith('/') || path === '' || /[\n:]/.test(path))
    throw new Mistake('must be a folder in the image, from `/` on', 'Write it like `/app/static`. The whole image is nothing to publish.')
  return path
})

const image = reader((raw) => {
  const reference = parseImageReference(raw)
  if (reference.digest === undefined)
    throw new Mistake('has no digest', 'Give the image that is deployed, as `name@sha256:…`: the output of the build says which one it is.')
  return formatImageReference(reference)
})

const address = reader((raw) => {
  const url = URL.parse(raw)
  const here = url !== null && /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(url.hostname)
  if (url === null || (url.protocol !== 'https:' && !(here && url.protocol === 'http:')) || url.search !== '' || url.hash !== '')
    throw new Mistake('must be an https address', 'Write it like `https://shop-assets.fra1.cdn.digitaloceanspaces.com/assets`.')
  return raw.replace(/\/+$/, '')
})

/** The inputs in the order of action.yml. */
export const inputs = {
  folder: optional(folder),
  image: optional(image),
  path: optional(inImage),
  exclude: list,
  ...s3Inputs,
  's3-bucket': bucket,
  's3-access-key': secret(word('the id of a key')),
  's3-secret-key': secret(word('a secret key')),
  acl: optional(oneOf('public-read')),
  'cache-control': matching(/^[\x20-\x7e]+$/, 'must be a header, on one line'),
  overwrite: bool,
  url: optional(address),
  'dry-run': bool,
}

export type AssetInputs = Values<typeof inputs>

export const outputs = ['status', 'sent', 'bytes', 'files']

/** Rules across inputs. */
export function check(values: Partial<AssetInputs>): Problem[] {
  const { folder, image, path, s3Endpoint, s3Region } = values
  const problems: Problem[] = []
  const problem = (input: string, rule: string, fix: string) => problems.push({ input, rule, fix })
  if ('folder' in values && 'image' in values && (folder === undefined) === (image === undefined))
    problem(
      'folder',
      folder === undefined ? 'or `image` is required' : 'and `image` are both given',
      'Give one of them: it says where the files are.',
    )
  if (image !== undefined && path === undefined && 'path' in values)
    problem('path', 'is required with `image`', 'Give the folder in it, such as `/app/static`.')
  if (image === undefined && path !== undefined && 'image' in values)
    problem('path', 'is given without `image`', 'With `folder` it is not needed.')
  if ('s3Endpoint' in values && 's3Region' in values && s3Endpoint === undefined && s3Region === undefined)
    problem('s3-region', 'or `s3-endpoint` is required', 'Give the region of the bucket at AWS, or the address of another store.')
  return problems
}
