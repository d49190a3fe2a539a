import { posix } from 'node:path'
import { parseHosts, quote } from '@deploy-actions/hosts'
import { columns } from '@deploy-actions/kit'
import { type Environment, inUrl } from './choices.ts'
import { backupEnvironment } from './compose-workflows.ts'
import { type DeployKey, deployKeys } from './deploy-keys.ts'
import { ghCommands } from './github-values.ts'
import type { Draft, InitPorts } from './init.ts'
import type { InitValues } from './init-inputs.ts'
import { madeSecrets } from './made-secrets.ts'
import type { WrittenFile } from './written-files.ts'

/** Says what was written, what was noticed, and what comes next, as commands to copy. */
export function tellInit(
  draft: Draft,
  written: readonly WrittenFile[],
  { directory, dryRun, force }: InitValues,
  { log, random }: InitPorts,
): void {
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
  log.info(['', 'Next:', ...steps(draft, directory).map((step, at) => `${at + 1}. ${step.join('\n   ')}`)].join('\n'))
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

/** Commands are typed where init was; those of gh in the repository. */
function steps(draft: Draft, directory: string): string[][] {
  const there = directory === '.' ? '' : `, in ${directory}, because gh takes the repository from there`
  const set = [`Set secrets and variables (also in docs/deploy-secrets.md)${there}:`, ...ghCommands(draft.values)]
  const last = ['Look at the workflows, commit, and push to see the first deploy.']
  return draft.target === 'compose' ? [...hostSteps(draft, directory), set, doctor(draft, directory), last] : [set, last]
}

/** Those that init wrote a secret for. */
const keysOf = ({ choices, values }: Draft): DeployKey[] =>
  deployKeys(
    choices,
    values.some(({ environment }) => environment === backupEnvironment(choices)),
  )

function hostSteps(draft: Draft, directory: string): string[][] {
  const { app, publicKey, environments } = draft.choices
  // The script of one environment has its key already.
  const keys = keysOf(draft).filter(({ environment }) => publicKey === undefined || environment !== environments[0]?.name)
  const make = keys.map(({ environment, file }) => `ssh-keygen -t ed25519 -N '' -C 'deploy ${app} ${environment}' -f ${file}`)
  return [
    ...(make.length === 0 ? [] : [['Make a key for the deploys of each environment, and for nothing else:', ...make]]),
    [
      'Set up each host (or make it with deploy/cloud-init.yml as its user data, then run this for its keys). It is safe to run again:',
      ...environments.flatMap((environment) =>
        setUp(
          environment,
          keys.filter(({ of }) => of === environment),
          quote(posix.join(directory, 'deploy/setup-host.sh')),
        ),
      ),
      `Compare the fingerprint that it prints with the one in the web console, and keep its known_hosts line as ${posix.join(directory, 'known_hosts_')}${environments.length === 1 ? environments[0]?.name : '<environment>'}.`,
    ],
  ]
}

/** The commands for the hosts of one environment. */
function setUp({ name, hosts }: Environment, keys: readonly DeployKey[], script: string): string[] {
  const given = keys.map(({ file }) => ` --key '$(cat ${file}.pub)'`).join('')
  const shown = hosts.length === 0 ? [{ host: `<address of ${name}>`, port: 22 }] : parseHosts(hosts, { user: 'root', port: 22 })
  return shown.map(({ host, port }) => {
    const [flag, place] = port === 22 ? ['', host] : [`-p ${port} `, quote(`${inUrl(host)}:${port}`)]
    return `ssh ${flag}root@${host} "sh -s -- --host ${place}${given}" < ${script}`
  })
}

function doctor(draft: Draft, directory: string): string[] {
  const { app, user, environments } = draft.choices
  const keys = keysOf(draft)
  return [
    'Let doctor look before the first deploy:',
    ...environments.map((environment) => {
      const { name, hosts } = environment
      const flags = hosts.map((host) => ` --hosts ${quote(host)}`).join('') || ` --hosts <address of ${name}>`
      const file = keys.find((key) => key.environment === name)?.file
      return `SSH_KEY_FILE=${file} npx . doctor --directory ${quote(directory)} --app ${app} --user ${user}${flags} --known-hosts ${quote(posix.join(directory, `known_hosts_${name}`))}`
    }),
  ]
}
