import type { Exec } from '@deploy-actions/kit'

/** `owner/name` of the remote `origin`, where that is at GitHub (or an Enterprise Server of the same form); undefined without one. */
export async function repositoryAt(folder: string, exec: Exec): Promise<string | undefined> {
  try {
    const { code, stdout } = await exec.run('git', ['-C', folder, 'remote', 'get-url', 'origin'])
    return code === 0 ? repositoryIn(stdout.trim()) : undefined
  } catch {
    return undefined // there is no git
  }
}

/** Of `https://github.com/acme/shop.git`, `git@github.com:acme/shop` and their relatives. */
export const repositoryIn = (address: string): string | undefined =>
  /^(?:[a-z+]+:\/\/(?:[^@/]+@)?[^/:]*github[^/:]*(?::\d+)?\/|[^@/]+@[^/:]*github[^/:]*:)([\w.-]+\/[\w.-]+?)(?:\.git)?\/?$/.exec(
    address,
  )?.[1]
