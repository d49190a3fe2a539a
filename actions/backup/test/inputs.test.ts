import { inputsOf } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { backupProblems, checkInputs, inputs } from '../src/inputs.ts'

const fine = { host: 'one', 'ssh-key': 'x', 'known-hosts': 'x', app: 'shop' }
/** Of nobody. */
const KEY = 'AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX'
const STORE = { 's3-bucket': 'backups', 's3-endpoint': 'https://store.example', 's3-access-key': 'x', 's3-secret-key': 'y' }
const OBJECTS = {
  ...{ 'objects-bucket': 'uploads', 'objects-endpoint': 'https://store.example' },
  ...{ 'objects-access-key': 'x', 'objects-secret-key': 'y' },
}
const AT_AWS = { ...STORE, ...OBJECTS, 'objects-bucket': 'backups', 's3-endpoint': '', 'objects-endpoint': '', 's3-region': 'eu-central-1' }
const reading = (given: Readonly<Record<string, string>>) => inputsOf('backup', inputs, { ...fine, ...given })

test.each<[string, string, RegExp]>([
  ['operation', 'dump', /one of create/],
  ['calendar', 'daily\nExecStart=/bin/sh', /time as systemd writes it/],
  ['overdue-after', '10s', /at least/],
  ['heartbeat-url', 'http://watch.example', /https address/],
  ['heartbeat-url', 'https://watch.example"\noutput = "x', /https address/],
  ['volumes', '../uploads', /must be the name of a volume/],
  ['volumes', 'uploads:/data', /must be the name of a volume/],
  ['volumes', 'uploads pause=', /must be the name of a volume/],
  ['volumes', 'uploads paused', /must be the name of a volume/],
  ['volumes', 'uploads pause=web;id', /must be the name of a volume/],
  ['service', 'd b', /name of a service/],
  ['service', 'url:', /name of a service/],
  ['service', 'host:shop', /name of a service/],
  ['database-url-env', 'DATABASE-URL', /name of a variable/],
  ['database-url-env', 'postgres://a:b@h/x', /name of a variable/],
  ['database-url', 'mysql://a:b@h/x', /address of a PostgreSQL/],
  ['database-url', 'postgres://a:b@h/x and more', /address of a PostgreSQL/],
  ['database-image', '--privileged', /reference of an image/],
  ['database-image', 'postgres:16 alpine', /reference of an image/],
  ['id', 'latest', /id of a backup/],
  ['id', '../20260131T093000Z', /id of a backup/],
  ['into', 'x"; drop database shop', /letters, digits/],
  ['checks', 'select 1', /SQL => result/],
  ['retention', '7', /three numbers/],
  ['retention', '7,4,all', /three numbers/],
  ['retention', '7,4,-1', /three numbers/],
  ['lock-timeout', '10', /duration/],
  ['dry-run', 'yes', /true or false/],
  ['s3-bucket', 'Backups', /name of a bucket/],
  ['s3-bucket', 's3://backups', /name of a bucket/],
  ['s3-endpoint', 'ftp://store', /address of a store/],
  ['s3-endpoint', 'https://store/backups', /has a path/],
  ['s3-endpoint', 'https://key@store', /more than an address/],
  ['s3-prefix', '../other', /must be folders/],
  ['s3-prefix', 'my backups', /must be folders/],
  ['s3-region', 'Frankfurt', /must be a region/],
  ['s3-access-key', 'two words', /id of a key/],
  ['encrypt-to', 'age1nothing', /no public key of age/],
  ['encrypt-to', 'AGE-SECRET-KEY-1QQQ', /has a private key/],
  ['objects-bucket', 'shop/uploads', /name of a bucket/],
  ['objects-endpoint', 'https://store/uploads', /has a path/],
  ['objects-prefix', '/media', /what keys begin with/],
  ['objects-acl', 'public-read-write', /public-read/],
  ['objects-overwrite', 'yes', /true or false/],
  ['age-key', 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p', /has a public key/],
])('%s: %j is refused', (input, value, said) => {
  expect(() => reading({ [input]: value })).toThrow(said)
})

test('a database that is no service: by its variable also for the timer, by its address now', () => {
  const given = { 'database-url-env': 'worker:DATABASE_URL', 'database-image': 'registry.example:5000/postgres:16-alpine@sha256:0a' }
  expect(backupProblems(reading({ ...given, operation: 'schedule' }), 'shop')).toEqual([])
  expect(backupProblems(reading({ 'database-url': 'postgresql+psycopg://a:b@h/x?sslmode=require' }), 'shop')).toEqual([])
})

test.each<[Readonly<Record<string, string>>, string]>([
  [{ operation: 'restore', confirm: 'shop' }, 'id is required'],
  [{ operation: 'restore', id: '20260131T093000Z' }, 'confirm must be `shop`'],
  [{ operation: 'restore', id: '20260131T093000Z', confirm: 'Shop' }, 'confirm must be `shop`'],
  [{ operation: 'create', id: '20260131T093000Z' }, 'id is given, and `operation: create` has no use for it'],
  [{ operation: 'prune', confirm: 'shop' }, 'confirm is given'],
  [{ operation: 'restore', volumes: 'uploads', confirm: 'shop' }, 'volumes is given, and `operation: restore` has no use for it'],
  [{ 'heartbeat-url': 'https://watch.example' }, 'heartbeat-url is given, and `operation: create` has no use for it'],
  [{ operation: 'schedule', 's3-bucket': 'backups' }, 's3-bucket is given with `operation: schedule`'],
  [{ volumes: 'uploads\nuploads pause=web' }, 'volumes names uploads twice'],
  [{ operation: 'drill', into: 'x' }, 'into is given'],
  [{ operation: 'verify', checks: 'select 1 => 1' }, 'checks is given'],
  [{ 's3-prefix': 'production' }, 's3-prefix is given without `s3-bucket`'],
  [{ 's3-access-key': 'x' }, 's3-access-key is given without `s3-bucket`'],
  [{ 'encrypt-to': 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p' }, 'encrypt-to is given without `s3-bucket`'],
  [{ 's3-bucket': 'backups', 's3-access-key': 'x', 's3-secret-key': 'y' }, 's3-region is required with `s3-bucket`'],
  [{ 's3-bucket': 'backups', 's3-region': 'eu-west-1', 's3-secret-key': 'y' }, 's3-access-key is required with `s3-bucket`'],
  [{ 's3-bucket': 'backups', 's3-endpoint': 'store.example', 's3-access-key': 'x' }, 's3-secret-key is required with `s3-bucket`'],
  [{ 's3-bucket': 'backups', 'age-key': KEY }, 'age-key is given, and `operation: create` has no use for it'],
  [{ ...OBJECTS }, 's3-bucket is required with `objects-bucket`'],
  [{ ...STORE, ...OBJECTS, 'objects-endpoint': '' }, 'objects-region is required with `objects-bucket`'],
  [{ ...STORE, ...OBJECTS, 'objects-access-key': '' }, 'objects-access-key is required with `objects-bucket`'],
  [{ ...STORE, ...OBJECTS, 'objects-secret-key': '' }, 'objects-secret-key is required with `objects-bucket`'],
  [{ ...STORE, ...OBJECTS, 'objects-bucket': 'backups' }, 'objects-bucket is the bucket of the backups'],
  [{ ...AT_AWS, 'objects-region': 'eu-central-1' }, 'objects-bucket is the bucket of the backups'],
  [{ ...AT_AWS, 'objects-endpoint': 'https://s3.dualstack.eu-central-1.amazonaws.com' }, 'objects-bucket is the bucket of the backups'],
  [{ ...STORE, 'objects-prefix': 'media/' }, 'objects-prefix is given without `objects-bucket`'],
  [{ ...STORE, 'objects-overwrite': 'true' }, 'objects-overwrite is given without `objects-bucket`'],
  [{ ...STORE, ...OBJECTS, 'objects-overwrite': 'true' }, 'objects-overwrite is given, and `operation: create` has no use for it'],
  [{ ...STORE, ...OBJECTS, 'objects-acl': 'public-read' }, 'objects-acl is given, and `operation: create` has no use for it'],
  [{ ...STORE, ...OBJECTS, operation: 'restore', 'objects-smaller': 'true' }, 'objects-smaller is given, and `operation: restore`'],
  ...['list', 'verify', 'drill', 'prune', 'schedule', 'unschedule'].map((operation): [Readonly<Record<string, string>>, string] => [
    { ...STORE, ...OBJECTS, operation },
    `objects-bucket is given, and \`operation: ${operation}\` has no use for it`,
  ]),
  [{ ...STORE, ...OBJECTS, operation: 'restore', id: '20260131T093000Z', into: 'look' }, 'objects-bucket is given with `into`'],
  [{ 'database-url-env': 'A', 'database-url': 'postgres://a:b@h/x' }, 'database-url and `database-url-env` are both given'],
  [{ 'database-url-env': 'A', service: 'db' }, 'database-url-env and `service` are both given'],
  [{ 'database-url': 'postgres://a:b@h/x', operation: 'schedule' }, 'database-url is given with `operation: schedule`'],
  [{ 'database-url-env': 'A', operation: 'unschedule' }, 'database-url-env is given, and `operation: unschedule`'],
  [{ 'database-image': 'postgres:16' }, 'database-image is given without `database-url-env`'],
  [{ operation: 'verify', 'age-key': KEY }, 'age-key is given without `s3-bucket`'],
])('%j is refused', (given, said) => {
  expect(backupProblems(reading(given), 'shop').map(({ input, rule }) => `${input} ${rule}`)).toContainEqual(expect.stringContaining(said))
})

test('the bucket of the app is another one than that of the backups, or lies in another store', () => {
  for (const given of [
    { ...STORE, ...OBJECTS },
    { ...STORE, ...OBJECTS, 'objects-bucket': 'backups', 'objects-endpoint': 'https://other.example' },
  ])
    expect(backupProblems(reading(given), 'shop')).toEqual([])
})

test('volumes are read with what is paused meanwhile', () => {
  expect(reading({ volumes: 'uploads\nminio-data  pause=minio,web' }).volumes).toEqual([
    { volume: 'uploads', pause: [] },
    { volume: 'minio-data', pause: ['minio', 'web'] },
  ])
})

test('into another database no confirmation is needed', () => {
  expect(backupProblems(reading({ operation: 'restore', id: '20260131T093000Z', into: 'look' }), 'shop')).toEqual([])
})

test('of several hosts that are written out the first one is meant; what DigitalOcean finds may be another tomorrow', () => {
  const about = (host: string) =>
    checkInputs({ operation: 'create', host, user: 'root', port: 22 }, 'acme/shop', 'shop').filter(({ input }) => input === 'host')
  expect(about('203.0.113.1\n203.0.113.2')).toEqual([])
  expect(about('droplet-tag:web')).toMatchObject([{ rule: expect.stringContaining('another host tomorrow') }])
})
