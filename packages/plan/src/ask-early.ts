import { isDeepStrictEqual } from 'node:util'
import type { Registry, RegistryLogin } from '@deploy-actions/registry'
import { formatImageReference, type SuppliedImage } from '@deploy-actions/release'
import type { DeployPorts } from './deploy-request.ts'

/** What most hosts are. For another one the registry is asked once more. */
const LIKELY_PLATFORM = 'linux/amd64'

/**
 * Asks for the supplied images while the connection to the host is still being made: over the internet their registry takes as long to answer.
 * What goes wrong is told where the answer is used.
 * @returns the registries for the logins that count in the end; answers are kept when those are the same
 */
export function askEarly(
  supplied: readonly SuppliedImage[],
  logins: readonly RegistryLogin[],
  registry: DeployPorts['registry'],
): DeployPorts['registry'] {
  const early = remembering(registry(logins))
  for (const { reference } of supplied) early.resolve(reference, { platform: LIKELY_PLATFORM }).catch(() => undefined)
  return (given) => (isDeepStrictEqual(given, logins) ? early : registry(given))
}

/** Asks for each image once, however many hosts need it: a tag cannot mean two things in one run. */
export function remembering(registry: Registry): Registry {
  const answers = new Map<string, ReturnType<Registry['resolve']>>()
  return {
    resolve(address, options) {
      const key = `${options.platform} ${formatImageReference(address)}`
      const answer = answers.get(key) ?? registry.resolve(address, options)
      answers.set(key, answer)
      return answer
    },
  }
}
