import { appsOf, DOCR, docrLogin, Garbage, Transport } from '@deploy-actions/digitalocean'
import type { Run } from '@deploy-actions/kit'
import type { RegistryLogin } from '@deploy-actions/registry'
import type { BuildInputs } from './inputs.ts'
import type { Target } from './target.ts'

/** Seconds: a build that takes longer cannot push. Without a limit the login would stay good until somebody revokes it. */
const LOGIN_LASTS = 2 * 3600

/** DigitalOcean's registries that a step has to do with, through DigitalOcean's API. */
export interface Docr {
  login(): Promise<RegistryLogin>
  readonly registries: readonly Garbage[]
  readonly apps: ReturnType<typeof appsOf>
}

type Inputs = Pick<BuildInputs, 'digitaloceanToken' | 'apiUrl' | 'registry' | 'password'>

/** Undefined without a token, or where no image lies there. A `password` for that registry is a token of the API too, and what may delete there has to know what runs. */
export function docrOf(
  { digitaloceanToken, apiUrl: url, registry, password }: Inputs,
  targets: readonly Pick<Target, 'reference'>[],
  world: Pick<Run, 'clock' | 'signal'> & { readonly fetch: typeof fetch },
): Docr | undefined {
  const token = digitaloceanToken ?? (registry === DOCR ? password : undefined)
  const there = targets.filter(({ reference }) => reference.registry === DOCR).map(({ reference }) => reference.repository)
  if (token === undefined || there.length === 0) return undefined
  const { fetch, clock, signal } = world
  const transport = new Transport({ fetch, clock, signal, url, token })
  const names = new Set(there.map((repository) => repository.split('/', 1)[0] as string))
  return {
    login: async () => ({ registry: DOCR, ...(await docrLogin(transport, LOGIN_LASTS)) }),
    registries: [...names].map((name) => new Garbage(transport, name)),
    apps: appsOf({ digitaloceanToken: token, apiUrl: url }, { fetch, clock, signal }),
  }
}
