import path from 'node:path'
import { goProgram } from './golang.ts'
import type { Lab } from './lab.ts'
import { statePath } from './state.ts'

const here = (file: string): string => path.relative(process.cwd(), file) || '.'

/** What a person needs to use the lab by hand, ready to paste. */
export async function guide(lab: Lab): Promise<string> {
  const first = lab.hosts[0]
  if (!first) throw new Error('a lab without hosts')
  const knownHosts = here(statePath(`known_hosts.${first.name}`))
  const key = here(first.keyFile)
  const load = here(await goProgram('load', () => {}))
  return `
Hosts           ${lab.hosts.map((host) => `${host.name} ${host.address}`).join('   ')}
Key, users      ${key}   root, deploy (in the docker group), nodocker
known_hosts     ${knownHosts}
                ${first.knownHosts.split('\n')[0]}
Registry        ${lab.registry.address}   sample/web and sample/api v1…v6, sample/worker v1 v2, sample/store v1
                sample/web that misbehaves: unhealthy, exit, bad-ready, arm64; multi is a list of platforms
  with login    ${lab.loginRegistry.address}   private/web v1 v2   user ${lab.loginRegistry.username}, password in ${here(statePath('registry-password'))}
Edge image      ${lab.edgeImage}
Sample project  ${here(lab.sample)}/compose.yaml

Look around:
  ssh -i ${key} -o UserKnownHostsFile=${knownHosts} root@${first.address}

Release v1:
  export SSH_KEY_FILE=${key}
${deploy(lab, knownHosts, 'v1')}

Watch it from a second shell, end with Ctrl-C:
  ${load} --url http://${first.address} --worker-stats http://${first.address}:9100/stats --progress

Then v2; for one that fails its verification use web=${lab.image('web', 'bad-ready')}
${deploy(lab, knownHosts, 'v2')}
`
}

function deploy(lab: Lab, knownHosts: string, tag: string): string {
  const address = lab.hosts[0]?.address
  return `  npx . deploy-compose-ssh --host ${address} --known-hosts "$(cat ${knownHosts})" --app sample \\
    --compose-file ${here(lab.sample)}/compose.yaml --routes ':80 -> web:8000' --switch api:9000 \\
    --images web=${lab.image('web', tag)} \\
    --images api=${lab.image('api', tag)} \\
    --verify 'http://${address}/ready 200' --edge-image ${lab.edgeImage} --insecure-registries ${lab.registry.address}`
}
