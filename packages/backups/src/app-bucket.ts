import { bool, type Log, Mistake, oneOf, optional, type Problem, reader, secret } from '@deploy-actions/kit'
import { Bucket, bucket, endpoint, placeOf, region, type Stored, word } from '@deploy-actions/s3'
import type { StoreValues } from './inputs.ts'
import type { StorePorts } from './open-store.ts'

/** The bucket in which the app keeps its objects, and what may be done with it. */
export class AppBucket {
  readonly bucket: Bucket
  /** Only objects whose keys begin like this. */
  readonly prefix: string
  /** Whether it may have lost most of what it had. */
  readonly maySmaller: boolean
  /** Whether a restore takes the place of what is there and differs. */
  readonly overwrite: boolean
  /** Right that everybody gets to what is put back. */
  readonly acl: string | undefined

  constructor(opened: Pick<AppBucket, 'bucket' | 'prefix' | 'maySmaller' | 'overwrite' | 'acl'>) {
    this.bucket = opened.bucket
    this.prefix = opened.prefix
    this.maySmaller = opened.maySmaller
    this.overwrite = opened.overwrite
    this.acl = opened.acl
  }

  /** For messages and records. */
  get name(): string {
    const { bucket, endpoint } = this.bucket.place
    return `${bucket} at ${new URL(endpoint).host}`
  }

  /** The same with the prefix, for messages. */
  get place(): string {
    return this.prefix === '' ? this.name : `${this.name} below ${this.prefix}`
  }

  async list(): Promise<Stored[]> {
    return this.bucket.list(this.prefix)
  }

  /** Asks for one object, so that a wrong key or name is told before anything is done. @throws UserError DA-STORE-… */
  async requireReadable(): Promise<void> {
    await this.bucket.first(this.prefix)
  }
}

const keyPrefix = reader((raw) => {
  if (/\p{Cc}/u.test(raw) || raw.startsWith('/') || Buffer.byteLength(raw) > 1000)
    throw new Mistake('must be what keys begin with, without a `/` before it', 'Write it like `media/`.')
  return raw
})

/** The inputs by which the objects of an app are found, in the order of action.yml. */
export const objectsInputs = {
  'objects-bucket': optional(bucket),
  'objects-endpoint': optional(endpoint),
  'objects-region': optional(region),
  'objects-prefix': optional(keyPrefix),
  'objects-access-key': secret(optional(word('the id of a key'))),
  'objects-secret-key': secret(optional(word('a secret key'))),
  'objects-session-token': secret(optional(word('a session token'))),
  'objects-smaller': bool,
  'objects-overwrite': bool,
  'objects-acl': optional(oneOf('public-read')),
}

export interface ObjectsValues {
  readonly objectsBucket: string | undefined
  readonly objectsEndpoint: string | undefined
  readonly objectsRegion: string | undefined
  readonly objectsPrefix: string | undefined
  readonly objectsAccessKey: string | undefined
  readonly objectsSecretKey: string | undefined
  readonly objectsSessionToken: string | undefined
  readonly objectsSmaller: boolean
  readonly objectsOverwrite: boolean
  readonly objectsAcl: 'public-read' | undefined
}

const placeOfObjects = (values: Partial<ObjectsValues>) => {
  const { objectsBucket, objectsEndpoint, objectsRegion, objectsAccessKey, objectsSecretKey, objectsSessionToken } = values
  const named = { s3Bucket: objectsBucket, s3Endpoint: objectsEndpoint, s3Region: objectsRegion }
  return placeOf({ ...named, s3AccessKey: objectsAccessKey, s3SecretKey: objectsSecretKey, s3SessionToken: objectsSessionToken })
}

/** The bucket of these inputs; undefined where none is named. */
export function openAppBucket(values: ObjectsValues, { fetch, clock, log, signal }: StorePorts): AppBucket | undefined {
  const place = placeOfObjects(values)
  if (place === undefined) return undefined
  warnOfPlainHttp(place.endpoint, log)
  return new AppBucket({
    bucket: new Bucket({ ...place, inputs: 'objects' }, { fetch, clock, signal }),
    prefix: values.objectsPrefix ?? '',
    maySmaller: values.objectsSmaller,
    overwrite: values.objectsOverwrite,
    acl: values.objectsAcl,
  })
}

function warnOfPlainHttp(endpoint: string, log: Log): void {
  if (endpoint.startsWith('http:')) log.warning(`${endpoint} speaks no TLS, so whoever listens on the way can read the objects: use https`)
}

/** Rules across the inputs of the app's bucket, and with those of the store. */
export function objectsProblems(values: Partial<ObjectsValues & StoreValues>): Problem[] {
  const { objectsBucket, objectsEndpoint, objectsRegion, objectsAccessKey, objectsSecretKey } = values
  if (!('objectsBucket' in values)) return []
  if (objectsBucket === undefined) return withoutBucket(values)
  const problem = (input: string, rule: string, fix: string): Problem => ({ input, rule, fix })
  const required = (input: string, fix: string): Problem => problem(input, 'is required with `objects-bucket`', fix)
  const secretFix = 'Give it from a secret; an empty one means that the secret is not set where this runs.'
  const problems: Problem[] = []
  if (objectsEndpoint === undefined && objectsRegion === undefined && 'objectsEndpoint' in values)
    problems.push(required('objects-region', 'Give the region of the bucket at AWS, or the `objects-endpoint` of another store.'))
  if (objectsAccessKey === undefined && 'objectsAccessKey' in values) problems.push(required('objects-access-key', secretFix))
  if (objectsSecretKey === undefined && 'objectsSecretKey' in values) problems.push(required('objects-secret-key', secretFix))
  const store = placeOf(values)
  const place = placeOfObjects(values)
  if (store === undefined && 's3Bucket' in values)
    problems.push(
      required('s3-bucket', 'Objects are copied from the one bucket to the other, and never to the host: name the bucket for backups.'),
    )
  if (store?.bucket === objectsBucket && isSameStore(store.endpoint, place?.endpoint))
    problems.push(
      problem(
        'objects-bucket',
        'is the bucket of the backups: who loses it would lose both',
        'Bring backups to another bucket, at best to another store.',
      ),
    )
  return problems
}

/** AWS has many addresses, and one bucket of a name behind them all. */
const isSameStore = (...endpoints: (string | undefined)[]): boolean =>
  new Set(endpoints.map((endpoint) => (/\.amazonaws\.com(\.cn)?(:443)?$/.test(endpoint ?? '') ? 'AWS' : endpoint))).size === 1

const withoutBucket = (values: Partial<ObjectsValues>): Problem[] =>
  Object.entries({
    'objects-endpoint': values.objectsEndpoint,
    'objects-region': values.objectsRegion,
    'objects-prefix': values.objectsPrefix,
    'objects-access-key': values.objectsAccessKey,
    'objects-secret-key': values.objectsSecretKey,
    'objects-session-token': values.objectsSessionToken,
    'objects-smaller': values.objectsSmaller || undefined,
    'objects-overwrite': values.objectsOverwrite || undefined,
    'objects-acl': values.objectsAcl,
  }).flatMap(([input, value]) =>
    value === undefined
      ? []
      : [{ input, rule: 'is given without `objects-bucket`, so no objects are backed up', fix: 'Name the bucket, or leave it out.' }],
  )
