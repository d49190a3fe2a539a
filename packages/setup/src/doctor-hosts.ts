import {
  appOf,
  type ConnectionValues,
  connectionProblems,
  type LookupPorts,
  type Place,
  parseHosts,
  placesOf,
  writtenLines,
} from '@deploy-actions/hosts'
import { inputError, UserError } from '@deploy-actions/kit'
import type { DoctorValues } from './doctor-inputs.ts'
import { givenFile } from './given-file.ts'

/** The hosts to look at; or why they are not, or what is wrong with what was given to log in. */
export type DoctorHosts =
  | { readonly places: readonly Place[]; readonly directory: string }
  | { readonly why: string }
  | { readonly wrong: UserError }

/** Finds the hosts as a deploy would, also those that stand behind a tag or a balancer. @param repository `owner/name`, or a name for the app */
export async function hostsToLookAt(values: DoctorValues, repository: string, ports: LookupPorts): Promise<DoctorHosts> {
  if (values.hosts.length === 0) return { why: 'none is named: `--hosts 203.0.113.7`' }
  const { sshKey } = values
  if (sshKey === undefined) return { why: 'there is no key to log in with: set SSH_KEY_FILE to the private deploy key' }
  try {
    const connection = await connectionOf({ ...values, sshKey })
    const problems = connectionProblems(connection, repository)
    if (problems.length > 0) return { wrong: inputError(problems) }
    return { places: await placesOf(connection, ports), directory: appOf(connection, repository).directory }
  } catch (error) {
    if (error instanceof UserError) return { wrong: error }
    throw error
  }
}

/**
 * Names or addresses under which visitors find the hosts; none when not all of them are known: hosts that have to be found and were not, or of which only the
 * private address is known. @throws UserError DA-HOSTS-INVALID
 */
export function addressesOf(hosts: DoctorHosts, { hosts: lines, user, hostAddress }: DoctorValues): string[] {
  const written = writtenLines(lines.join('\n'))
  const isFound = written.length < lines.length
  if (isFound && (!('places' in hosts) || hostAddress === 'private')) return []
  const known = 'places' in hosts ? hosts.places.map(({ address }) => address) : written
  try {
    return parseHosts(known, { user, port: 22 }).map(({ host }) => host)
  } catch (error) {
    if ('wrong' in hosts) return [] // it is told already
    throw error
  }
}

async function connectionOf(values: DoctorValues & { sshKey: string }): Promise<ConnectionValues> {
  const { user, sudo, sshKey, sshKeyPassphrase, hostFingerprint, jumpHost, app } = values
  const { digitaloceanToken, hostAddress, apiUrl } = values
  return {
    ...{ host: values.hosts.join('\n'), digitaloceanToken, hostAddress, apiUrl, user, port: 22, sudo, sshKey, sshKeyPassphrase },
    knownHosts: values.knownHosts === undefined ? undefined : await givenFile('known-hosts', values.knownHosts),
    ...{ hostFingerprint, jumpHost, jumpKey: undefined, jumpKeyPassphrase: undefined, app, directory: undefined },
  }
}
