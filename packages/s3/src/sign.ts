import { createHash } from 'node:crypto'
import { AwsV4Signer } from 'aws4fetch'
import type { Place } from './place.ts'

export interface Request {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** Empty: the bucket itself. */
  readonly key: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

/**
 * The address and the headers of a signed request (AWS Signature Version 4), with the bucket in the path: all stores know that form. The checksum of the body is
 * a part of what is signed, so a store keeps no body that changed on its way. This file is the only importer of aws4fetch.
 */
export async function signed({ method, key, query = {}, headers = {}, body }: Request, place: Place, now: number) {
  const { endpoint, region, bucket, accessKey, secretKey, sessionToken } = place
  const address = `${endpoint}/${bucket}${key === '' ? '' : `/${pathOf(key)}`}`
  const search = new URLSearchParams(query).toString()
  const signer = new AwsV4Signer({
    method,
    url: search === '' ? address : `${address}?${search}`,
    headers: {
      ...headers,
      'x-amz-content-sha256': createHash('sha256')
        .update(body ?? '')
        .digest('hex'),
    },
    accessKeyId: accessKey,
    secretAccessKey: secretKey,
    ...(sessionToken !== undefined && { sessionToken }),
    service: 's3',
    region,
    datetime: new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, ''),
  })
  const request = await signer.sign()
  // Behind the signature: some stores stand behind a proxy that changes it.
  request.headers.set('accept-encoding', 'identity')
  return { url: request.url.href, headers: request.headers }
}

/** A key as a path. What stands between two `/` may be anything, also nothing. */
const pathOf = (key: string): string => key.split('/').map(encodeURIComponent).join('/')

/** Whether a key can be asked for: a part that is `.` or `..` is a step to another folder in every address, however it is written. */
export const isAskable = (key: string): boolean => key.isWellFormed() && key.split('/').every((part) => part !== '.' && part !== '..')
