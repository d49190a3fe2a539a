// Asks the real API whether it does what the fake takes for granted: DIGITALOCEAN_CONTRACT_TOKEN=… npm run contract:digitalocean
// Makes a throw-away app (it costs cents) and a firewall on no droplet (it costs nothing), and deletes both. With DIGITALOCEAN_API_URL it asks the fake instead.
import { Apps, allFirewalls, createFirewall, deleteFirewall, findBy, type JsonObject, Transport } from '@deploy-actions/digitalocean'
import { messageOf, systemClock } from '@deploy-actions/kit'

const token = process.env.DIGITALOCEAN_CONTRACT_TOKEN
const url = process.env.DIGITALOCEAN_API_URL ?? 'https://api.digitalocean.com'
if (token === undefined)
  throw new Error(
    'DIGITALOCEAN_CONTRACT_TOKEN has to hold a token with the scopes read, create, update and delete of app, and read, create and delete of firewall',
  )

const transport = new Transport({ url, token, fetch, clock: systemClock })
const apps = new Apps(transport)
let wrong = 0
const fact = (name: string, holds: boolean, seen?: unknown) => {
  if (!holds) wrong += 1
  console.log(`${holds ? 'holds ' : 'FALSE '} ${name}${seen === undefined ? '' : ` (${JSON.stringify(seen)})`}`)
}
const cipherOf = (spec: JsonObject) => String(findBy(spec.envs, 'key', 'SECRET')?.value)
const refusalOf = (call: Promise<unknown>) => call.then(() => undefined, messageOf)

const image = { registry_type: 'DOCKER_HUB', registry: 'library', repository: 'nginx', tag: 'stable' }
const services = [{ name: 'web', image, http_port: 80, instance_size_slug: 'apps-s-1vcpu-0.5gb' }]
const name = `contract-${Date.now().toString(36)}`
const made = await apps.create({ name, services, envs: [{ key: 'SECRET', value: 'one', type: 'SECRET' }] }, undefined)
try {
  fact('the answer of a create has the pending deployment', made.pending_deployment !== undefined)
  fact('a secret comes back as a cipher', /^EV\[\d+:/.test(cipherOf(made.spec)))
  const proposed = await refusalOf(apps.propose(made.spec, made.id))
  fact('a proposal with app_id takes ciphers', proposed === undefined, proposed)
  const foreign = await refusalOf(apps.create({ ...made.spec, name: `${name}-b` }, undefined))
  fact('a create refuses ciphers', /encrypted/.test(foreign ?? ''), foreign)
  const envs = [...(made.spec.envs as JsonObject[]), { key: 'PLAIN', value: 'x' }]
  const again = await apps.update(made.id, { ...made.spec, envs }, { moveSources: false })
  fact('a cipher that is sent back stays, byte for byte', cipherOf(again.spec) === cipherOf(made.spec))
  fact('the answer of a PUT has a pending deployment of its own', again.pending_deployment?.id !== made.pending_deployment?.id)
  const same = await apps.update(made.id, again.spec, { moveSources: false })
  fact('a PUT of the same spec makes a deployment too', same.pending_deployment?.id !== again.pending_deployment?.id)
  const newest = (await apps.recentDeployments(made.id, 3)).map(({ id, phase }) => ({ id, phase }))
  fact('the list of deployments has the newest first', newest[0]?.id === (same.pending_deployment?.id ?? newest[0]?.id), newest)
} finally {
  await apps.remove(made.id)
}

const wanted = { name: `deploy-actions-contract-${Date.now().toString(36)}`, dropletIds: [], port: 22, address: '203.0.113.9' }
const firewall = await createFirewall(transport, wanted, (ms) => systemClock.sleep(ms))
try {
  const [rule] = firewall.inbound
  fact('a firewall has its one rule, as it was sent', rule?.ports === '22' && rule.addresses.join() === '203.0.113.9/32', rule)
  fact(
    'a new firewall is in the list at once',
    (await allFirewalls(transport)).some(({ id }) => id === firewall.id),
  )
  fact('when it was made is told', Math.abs(Date.now() - firewall.createdAt) < 600_000, firewall.createdAt)
  const body = { name: wanted.name, outbound_rules: [{ protocol: 'icmp', ports: '0', destinations: { addresses: ['203.0.113.9'] } }] }
  const again = await refusalOf(transport.send({ method: 'POST', path: '/v2/firewalls', body }))
  fact('a name is there once', /409|duplicate/.test(again ?? ''), again)
} finally {
  await deleteFirewall(transport, firewall.id)
}
fact(
  'a firewall that is deleted is gone',
  (await refusalOf(transport.send({ method: 'GET', path: `/v2/firewalls/${firewall.id}` }))) !== undefined,
)
fact('deleting it again is no error here', (await refusalOf(deleteFirewall(transport, firewall.id))) === undefined)
process.exitCode = wrong === 0 ? 0 : 1
