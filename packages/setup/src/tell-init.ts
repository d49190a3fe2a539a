import { parseHosts } from '@deploy-actions/hosts'
import { columns } from '@deploy-actions/kit'
import { ghCommands } from './github-values.ts'
import type { Draft, InitPorts } from './init.ts'
import type { InitValues } from './init-inputs.ts'
import { madeSecrets } from './made-secrets.ts'
import type { WrittenFile } from './written-files.ts'

/** Says what was written, what was noticed, and what comes next, as commands to copy. */
export function tellInit(draft: Draft, written: readonly WrittenFile[], { dryRun, force }: InitValues, { log, random }: InitPorts): void {
  const words = {
    written: dryRun ? 'would be written' : 'written',
    overwritten: dryRun ? 'would be overwritten' : 'overwritten',
    'the same': 'there already',
    'left as it is': 'left as it is',
  }
  log.info(columns(written.map(({ path, fate }) => [words[fate], path])))
  if (written.some(({ fate }) => fate === 'left as it is') && !force)
    log.info('\nWhat is left as it is differs from what would be written. `--force` overwrites it; compare afterwards with `git diff`.')
  for (const note of draft.notes) log.warning(note)
  const made = draft.keys.some((key) => key.made)
  log.info(['', 'Next:', ...steps(draft).map((step, at) => `${at + 1}. ${step.join('\n   ')}`)].join('\n'))
  if (!made || dryRun) return
  const environments = draft.choices.environments.map(({ name }) => name)
  log.info(
    [
      '',
      'Made up for you, shown this once and written nowhere. Run this in a shell that keeps no history, with what is missing filled in:',
      ...madeSecrets(environments, draft.keys, random),
    ].join('\n'),
  )
}

function steps(draft: Draft): string[][] {
  const set = ['Set secrets and variables (also in docs/deploy-secrets.md):', ...ghCommands(draft.values)]
  const last = ['Look at the workflows, commit, and push to see the first deploy.']
  return draft.target === 'compose' ? [...hostSteps(draft), set, doctor(draft), last] : [set, last]
}

function hostSteps({ choices }: Draft): string[][] {
  const { app, publicKey, environments } = choices
  const hosts = [...new Set(environments.flatMap((environment) => environment.hosts))]
  const shown = hosts.length === 0 ? [{ host: '<address>', port: 22 }] : parseHosts(hosts, { user: 'root', port: 22 })
  const key =
    publicKey !== undefined ? [] : [[`Make a key for deploys only: ssh-keygen -t ed25519 -N '' -C 'deploy ${app}' -f ~/.ssh/${app}_deploy`]]
  const given = publicKey !== undefined ? '' : ` --key '$(cat ~/.ssh/${app}_deploy.pub)'`
  return [
    ...key,
    [
      'Set up each host (or make it with deploy/cloud-init.yml as its user data). It is safe to run again:',
      ...shown.map(({ host, port }) => {
        const [flag, name] = port === 22 ? ['', host] : [`-p ${port} `, `${host}:${port}`]
        return `ssh ${flag}root@${host} "sh -s -- --host ${name}${given}" < deploy/setup-host.sh`
      }),
      'Compare the fingerprint that it prints with the one in the web console, and keep its known_hosts line as known_hosts_<environment>.',
    ],
  ]
}

function doctor({ choices: { app, user, environments } }: Draft): string[] {
  const hosts = [...new Set(environments.flatMap((environment) => environment.hosts))]
  const flags = hosts.map((host) => ` --hosts ${host}`).join('') || ' --hosts <address>'
  return [
    'Let doctor look before the first deploy:',
    `SSH_KEY_FILE=~/.ssh/${app}_deploy npx . doctor --directory <this folder> --app ${app} --user ${user}${flags} --known-hosts known_hosts_${environments.at(-1)?.name}`,
  ]
}
