import type { BackupVolume } from '@deploy-actions/agent'
import {
  ageKeyInput,
  databaseInputs,
  databaseProblems,
  objectsInputs,
  objectsProblems,
  storeInputs,
  storeProblems,
} from '@deploy-actions/backups'
import { apiInputs } from '@deploy-actions/digitalocean'
import { type ConnectionValues, connectionInputs, connectionProblems, fixedHostProblems } from '@deploy-actions/hosts'
import {
  duration,
  each,
  Mistake,
  matching,
  oneOf,
  optional,
  optionalText,
  type Problem,
  type Reader,
  reader,
  requireInputs,
  secret,
  type Values,
} from '@deploy-actions/kit'

/** Or of a database at an address, as `list` and backups have it: `url:shop`. */
const name = optional(
  matching(/^(?:[A-Za-z0-9][A-Za-z0-9._-]*|url:[A-Za-z0-9._-]+)$/, 'must be the name of a service of the Compose file, or of a database'),
)
const id = optional(matching(/^\d{8}T\d{6}Z$/, 'must be the id of a backup, such as 20260131T093000Z'))
const database = optional(matching(/^[A-Za-z0-9_]+$/, 'must be a name of letters, digits and `_`'))
/** `uploads` or `minio-data pause=minio`. */
const volume: Reader<BackupVolume> = reader((raw) => {
  const parts = /^([A-Za-z0-9][A-Za-z0-9_.-]*)(?:\s+pause=([A-Za-z0-9][A-Za-z0-9_.-]*(?:,[A-Za-z0-9][A-Za-z0-9_.-]*)*))?$/.exec(raw.trim())
  if (parts === null)
    throw new Mistake(
      'must be the name of a volume, and perhaps what is paused meanwhile',
      'Write it like `uploads` or `minio-data pause=minio`.',
    )
  return { volume: parts[1] as string, pause: parts[2]?.split(',') ?? [] }
})
const check = each(matching(/^.+ => \S.*$/, 'must be `SQL => result`, such as `select count(*) > 0 from orders => t`'))

/** As `OnCalendar=` of systemd; the host asks systemd whether it knows it. */
const calendar = matching(/^[A-Za-z0-9*:,./~ -]+$/, 'must be a time as systemd writes it', 'Write it like `*-*-* 03:17:00` or `daily`.')
const heartbeat = reader((raw) => {
  if (!/^https:\/\/[A-Za-z0-9._~:/?#@!$&()*+,;=%-]+$/.test(raw.trim()) || URL.parse(raw.trim()) === null)
    throw new Mistake('must be an https address', 'Write it like `https://hc-ping.com/…`.')
  return raw.trim()
})

/** Days, weeks and months. */
const retention = reader((raw) => {
  const numbers = raw.split(',').map((part) => part.trim())
  if (numbers.length !== 3 || numbers.some((part) => !/^\d{1,4}$/.test(part)))
    throw new Mistake('must be three numbers: days, weeks, months', 'Write it like `7,4,12`.')
  return numbers.map(Number) as [number, number, number]
})

/** The inputs in the order of action.yml. */
export const inputs = {
  operation: oneOf('create', 'list', 'verify', 'restore', 'drill', 'prune', 'schedule', 'unschedule', 'check-managed', 'check-store'),
  ...connectionInputs,
  host: optional(connectionInputs.host),
  'ssh-key': secret(optionalText),
  service: name,
  ...databaseInputs,
  volumes: each(volume),
  id,
  confirm: optionalText,
  into: database,
  checks: check,
  retention,
  calendar,
  'overdue-after': duration({ min: 3_600_000, max: 366 * 24 * 3_600_000 }),
  'heartbeat-url': secret(optional(heartbeat)),
  'database-id': apiInputs.databaseId,
  'max-age-hours': apiInputs.maxAgeHours,
  ...storeInputs,
  'age-key': ageKeyInput,
  ...objectsInputs,
}

export type BackupInputs = Values<typeof inputs>

export const outputs = ['status', 'id', 'path', 'size', 'sha256', 'stored', 'objects', 'newest']

const twice = (volumes: readonly BackupVolume[]): Problem[] =>
  volumes
    .map(({ volume }) => volume)
    .filter((name, at, names) => names.indexOf(name) !== at)
    .map((name) => ({
      input: 'volumes',
      rule: `names ${name} twice`,
      fix: 'Name each volume once; several services to pause go into one list: `pause=web,worker`.',
    }))

/** What is about one database on a host. */
const ON_HOST = ['create', 'list', 'verify', 'restore', 'drill', 'prune', 'schedule']

/** What a store alone answers. Where anything of a host is given, somebody means that host. */
export function isInStore(values: Partial<BackupInputs>): boolean {
  const { operation = '', host, sshKey, knownHosts, hostFingerprint, s3Bucket } = values
  if (operation === 'check-store') return true
  const hasHost = [host, sshKey, knownHosts, hostFingerprint].some((value) => value !== undefined)
  return ['list', 'verify', 'prune'].includes(operation) && s3Bucket !== undefined && !hasHost
}

/** What is given and would change nothing. */
function misplaced(values: Partial<BackupInputs>): Problem[] {
  const { operation, volumes, checks } = values
  const only = (input: string, value: unknown, ...operations: string[]): Problem[] =>
    value === undefined || operation === undefined || operations.includes(operation)
      ? []
      : [{ input, rule: `is given, and \`operation: ${operation}\` has no use for it`, fix: 'Leave it out.' }]
  return [
    ...only('volumes', volumes?.length === 0 ? undefined : volumes, 'create', 'schedule'),
    ...only('database-url-env', values.databaseUrlEnv, ...ON_HOST),
    ...only('database-url', values.databaseUrl, ...ON_HOST),
    ...only('id', values.id, 'verify', 'restore'),
    ...only('confirm', values.confirm, 'restore'),
    ...only('into', values.into, 'restore'),
    ...only('checks', checks?.length === 0 ? undefined : checks, 'drill'),
    ...only('heartbeat-url', values.heartbeatUrl, 'schedule'),
    ...only('age-key', values.ageKey, 'restore', 'verify', 'drill'),
    ...only('database-id', values.databaseId, 'check-managed'),
    ...only('objects-bucket', values.objectsBucket, 'create', 'restore'),
    ...only('objects-smaller', values.objectsSmaller || undefined, 'create'),
    ...only('objects-overwrite', values.objectsOverwrite || undefined, 'restore'),
    ...only('objects-acl', values.objectsAcl, 'restore'),
  ]
}

/** Rules across inputs, and those that need to know where we run. */
export function backupProblems(values: Partial<BackupInputs>, app: string): Problem[] {
  const { operation, volumes, id: which, confirm, into, ageKey, s3Bucket } = values
  const problems = [
    ...misplaced(values),
    ...twice(volumes ?? []),
    ...databaseProblems(values),
    ...storeProblems(values),
    ...objectsProblems(values),
  ]
  if (ageKey !== undefined && 's3Bucket' in values && s3Bucket === undefined)
    problems.push({
      input: 'age-key',
      rule: 'is given without `s3-bucket`: only what lies in a store is encrypted',
      fix: 'Name the bucket, or leave it out.',
    })
  if (operation === 'schedule' && s3Bucket !== undefined)
    problems.push({
      input: 's3-bucket',
      rule: 'is given with `operation: schedule`, and no key of a store goes to a host',
      fix: 'Leave it out: the timer keeps its backups on the host, and a workflow with `s3-bucket` brings others to the store.',
    })
  if (operation !== 'restore') return problems
  if (into !== undefined && values.objectsBucket !== undefined)
    problems.push({
      input: 'objects-bucket',
      rule: 'is given with `into`, which leaves all alone that is live',
      fix: 'Leave it out, or restore without `into`.',
    })
  if (which === undefined) problems.push({ input: 'id', rule: 'is required', fix: 'Say which backup; `operation: list` shows them.' })
  if (into === undefined && confirm !== app)
    problems.push({
      input: 'confirm',
      rule: `must be \`${app}\`: the restored data takes the place of the live data`,
      fix: 'Write the name of the app, or restore `into` another database.',
    })
  return problems
}

/** On a host a database is found by its address, and has no name before. */
const noService = ({ service }: Partial<BackupInputs>): Problem[] =>
  service?.startsWith('url:')
    ? [
        {
          input: 'service',
          rule: `is the database ${service.slice(4)}, which is no service of the host`,
          fix: 'Give `database-url-env` in its place.',
        },
      ]
    : []

export function checkInputs(values: Partial<BackupInputs>, repository: string | undefined, app: string): Problem[] {
  if (values.operation === 'check-managed')
    return [...requireInputs(values, ['database-id', 'digitalocean-token']), ...backupProblems(values, app)]
  if (isInStore(values)) {
    const noApp = app === '' ? [{ input: 'app', rule: 'is required', fix: 'Give the name below which the backups lie.' }] : []
    return [...requireInputs(values, ['s3-bucket']), ...noApp, ...backupProblems(values, app)]
  }
  const onHost = values as Partial<ConnectionValues>
  return [
    ...noService(values),
    ...requireInputs(values, ['host', 'ssh-key']),
    ...fixedHostProblems(values.host, 'a backup', 'Of several hosts it is the first.'),
    ...backupProblems(values, app),
    ...connectionProblems(onHost, repository),
  ]
}
