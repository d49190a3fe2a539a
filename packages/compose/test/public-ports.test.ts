import { expect, test } from '@jest/globals'
import type { ComposePort, ReleaseRequest } from '../src/index.ts'
import { codes, model, planShop } from './shop.ts'

/** The shop, with a database that publishes this. */
const publishing = (port: ComposePort, more: Partial<ReleaseRequest> = {}, image = 'postgres:16') => {
  const { services } = model('shop')
  return planShop({ model: { ...model('shop'), services: { ...services, db: { ...services.db, image, ports: [port] } } }, ...more })
}
const open = { target: 5432, published: '15432' }

test('a database that everybody would reach is refused, with the line that ends it and the one that allows it', () => {
  expect(publishing(open).refusals).toEqual([
    {
      code: 'DA-PORT-PUBLIC',
      message: '"db" publishes port 5432 (PostgreSQL) on all addresses of the host: Docker lets everybody in, past ufw',
      hint: 'Services of this file reach it as `db:5432` without `ports`. To reach it from the host or through `ssh -L`, write `127.0.0.1:15432:5432`. If it must be open, or a firewall outside of the host closes it: `allow-public-ports: 15432`.',
    },
  ])
})

test.each(['0.0.0.0', '::', '*', ''])('on the address %j too', (host_ip) =>
  expect(codes(publishing({ ...open, host_ip }).refusals)).toEqual(['DA-PORT-PUBLIC']),
)
test.each<[string, ComposePort, Partial<ReleaseRequest>]>([
  ['one that is allowed', open, { allowPublicPorts: [15432] }],
  ['one of a range whose first port is allowed', { ...open, published: '15432-15440' }, { allowPublicPorts: [15432] }],
  ['one that Docker chooses, allowed by the port in the container', { target: 5432 }, { allowPublicPorts: [5432] }],
  ['one for the host alone', { ...open, host_ip: '127.0.0.1' }, {}],
  ['one on a private address', { ...open, host_ip: '10.0.0.5' }, {}],
  ['any other service', { target: 9100, published: '9100' }, {}],
  ['udp', { ...open, protocol: 'udp' }, {}],
])('not refused: %s', (_, port, more) => expect(publishing(port, more).refusals).toEqual([]))

test.each([
  ['ghcr.io/home-assistant/home-assistant:stable', 8123, []],
  ['clickhouse/clickhouse-server:24', 8123, ['DA-PORT-PUBLIC']],
  ['ghcr.io/acme/api:1', 8086, []],
  ['influxdb:2', 8086, ['DA-PORT-PUBLIC']],
  ['ghcr.io/acme/api:1', 7687, []],
  ['neo4j:5', 7687, ['DA-PORT-PUBLIC']],
  ['ghcr.io/acme/own-cache:1', 6379, ['DA-PORT-PUBLIC']],
])('%s at %i: %j; a port that others have too is told all the same', (image, target, expected) => {
  const { refusals, notes } = publishing({ target, published: String(target) }, {}, image)
  expect(codes(refusals)).toEqual(expected)
  expect(notes).toContainEqual(expect.stringContaining(`past ufw: db ${target}`))
})

test('all that is open besides the edge is told in one line', () => {
  const { services } = model('shop')
  const worker = { ...services.worker, ports: [{ target: 9100, published: '9100' }, { target: 9101 }] }
  const cache = { ...services.cache, ports: [{ target: 53, published: '53', protocol: 'udp' }] }
  const db = { ...services.db, ports: [{ ...open, host_ip: '127.0.0.1' }] }
  const { notes } = planShop({ model: { ...model('shop'), services: { ...services, cache, db, worker } } })
  expect(notes).toContain(
    'open to everybody on all addresses of the host, past ufw: cache 53/udp, worker 9100, worker any free port for 9101',
  )
  expect(planShop().notes.filter((note) => note.startsWith('open'))).toEqual([])
})
