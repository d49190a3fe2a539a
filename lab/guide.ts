import path from 'node:path'
import type { Lab } from './lab.ts'
import { statePath } from './state.ts'

/** What a person needs to use the lab by hand, ready to paste. */
export function guide(lab: Lab): string {
  const here = (file: string): string => path.relative(process.cwd(), file) || '.'
  const first = lab.hosts[0]
  if (!first) throw new Error('a lab without hosts')
  const knownHosts = here(statePath(`known_hosts.${first.name}`))
  const key = here(first.keyFile)
  return `
Hosts           ${lab.hosts.map((host) => `${host.name} ${host.address}`).join('   ')}
Key, users      ${key}   root, deploy (in the docker group), nodocker
known_hosts     ${knownHosts}
                ${first.knownHosts.split('\n')[0]}
Registry        ${lab.registry.address}   sample/{web,api}:v1…v6, sample/web:{unhealthy,exit,bad-ready,arm64,multi}, sample/worker:{v1,v2}, sample/store:v1
  with login    ${lab.loginRegistry.address}   private/web:{v1,v2}   user ${lab.loginRegistry.username}, password in ${here(statePath('registry-password'))}
Edge image      ${lab.edgeImage}
Sample project  ${here(lab.sample)}/compose.yaml

Look around:
  ssh -i ${key} -o UserKnownHostsFile=${knownHosts} root@${first.address}

First release, then the next one:
  export SSH_KEY="$(cat ${key})" REGISTRY=${lab.registry.address}
${deploy(lab, knownHosts, 'v1')}
${deploy(lab, knownHosts, 'v2')}
`
}

function deploy(lab: Lab, knownHosts: string, tag: string): string {
  return `  npx . deploy-compose-ssh --host ${lab.hosts[0]?.address} --known-hosts "$(cat ${knownHosts})" \\
    --compose-file ${path.relative(process.cwd(), lab.sample)}/compose.yaml \\
    --images "web=${lab.image('web', tag)}
api=${lab.image('api', tag)}" \\
    --routes ':80 -> web:8000' --switch api:9000 --edge-image ${lab.edgeImage} --insecure-registries ${lab.registry.address}`
}
