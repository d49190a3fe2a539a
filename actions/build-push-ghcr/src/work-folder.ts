import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { messageOf, UserError } from '@deploy-actions/kit'
import { dockerConfig, type RegistryLogin } from '@deploy-actions/registry'

/** A folder of this step alone, for what nobody else may read: the login, metadata, Dockerfiles that came as text. */
export interface WorkFolder {
  readonly path: string
  /** Where docker finds the private copy of its configuration. */
  readonly dockerConfig: string
  /** Where buildx keeps its builders: the user's own place, so that existing builders are there. */
  readonly buildxConfig: string
  write(name: string, text: string): string
  read(name: string): string
  remove(): void
}

type Env = Readonly<Record<string, string | undefined>>

const originalConfig = (env: Env): string => env.DOCKER_CONFIG || join(env.HOME ?? '/root', '.docker')

/** The logins that stand in the user's configuration, such as docker/login-action leaves them. Those in a credential store are docker's alone. */
export function storedLogins(env: Env): RegistryLogin[] {
  const { auths = {} } = readConfig(join(originalConfig(env), 'config.json'))
  return Object.entries(auths).flatMap(([name, entry]) => {
    const [, username, password] =
      /^([^:]+):(.+)$/s.exec(Buffer.from(String((entry as { auth?: unknown })?.auth ?? ''), 'base64').toString('utf8')) ?? []
    if (username === undefined || password === undefined) return []
    return [{ registry: /^https:\/\/index\.docker\.io\/v1\/?$/.test(name) ? 'docker.io' : name, username, password }]
  })
}

/** Where the folder of the step with this key is: known before it is made, so that what was killed in between is found as well. */
export const workFolderPath = (env: Env, key: string): string => join(resolve(env.RUNNER_TEMP || env.TMPDIR || '/tmp'), key)

/**
 * Makes the folder with a copy of the user's Docker configuration and our logins in it. Everything else of that configuration (contexts, plugins) is
 * linked, so that it works as always; the original is only read.
 */
export function makeWorkFolder(path: string, env: Env, logins: readonly RegistryLogin[]): WorkFolder {
  const original = originalConfig(env)
  mkdirSync(path, { mode: 0o700 })
  try {
    const folder = configIn(path)
    mkdirSync(folder, { mode: 0o700 })
    linkRest(original, folder)
    const file = join(folder, 'config.json')
    writeFileSync(file, JSON.stringify(withLogins(readConfig(join(original, 'config.json')), logins)), { mode: 0o600 })
    return workFolderAt(path, env.BUILDX_CONFIG || join(original, 'buildx'))
  } catch (error) {
    rmSync(path, { recursive: true, force: true })
    throw error
  }
}

function workFolderAt(path: string, buildxConfig: string): WorkFolder {
  return {
    path,
    dockerConfig: configIn(path),
    buildxConfig,
    write(name, text) {
      const file = join(path, name)
      writeFileSync(file, text, { mode: 0o600 })
      chmodSync(file, 0o600)
      return file
    },
    read: (name) => (existsSync(join(path, name)) ? readFileSync(join(path, name), 'utf8') : ''),
    remove: () => removeWorkFolder(path),
  }
}

/** Where docker's configuration lies in such a folder. */
export const configIn = (path: string): string => join(path, 'docker')

/** Links are removed, never what they lead to. */
export const removeWorkFolder = (path: string): void => rmSync(path, { recursive: true, force: true })

function linkRest(original: string, folder: string): void {
  if (!existsSync(original)) return
  for (const name of readdirSync(original)) if (name !== 'config.json') symlinkSync(resolve(original, name), join(folder, name))
}

type Config = Record<string, unknown> & { auths?: Record<string, unknown>; credHelpers?: Record<string, string> }

function readConfig(path: string): Config {
  if (!existsSync(path)) return {}
  try {
    const text = readFileSync(path, 'utf8')
    return text.trim() === '' ? {} : (JSON.parse(text) as Config)
  } catch (cause) {
    throw new UserError('DA-DOCKER-CONFIG', `Docker's configuration ${path} cannot be read: ${messageOf(cause)}`, {
      hint: 'Correct that file; docker itself cannot use it either.',
      cause,
    })
  }
}

/** Our logins win. An empty helper for a registry means: look into this file, also where a `credsStore` stands for all others. */
export function withLogins(config: Config, logins: readonly RegistryLogin[]): Config {
  const { auths } = dockerConfig(logins)
  const helpers = Object.fromEntries(Object.keys(auths).map((name) => [name, '']))
  const needsHelpers = config.credsStore !== undefined || Object.keys(helpers).some((name) => config.credHelpers?.[name] !== undefined)
  return {
    ...config,
    auths: { ...config.auths, ...auths },
    ...(needsHelpers && { credHelpers: { ...config.credHelpers, ...helpers } }),
  }
}
