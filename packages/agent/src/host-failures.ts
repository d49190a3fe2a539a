import { UserError } from '@deploy-actions/kit'

/** What went wrong on some of the hosts that worked at the same time. The first one in time is the reason; others were often only told to stop. */
export class HostFailures<H extends { readonly name: string }> extends Error {
  private readonly failures: readonly { readonly host: H; readonly error: unknown }[]
  private readonly several: boolean

  constructor(failures: readonly { host: H; error: unknown }[], several: boolean) {
    super('a host failed')
    this.failures = failures
    this.several = several
  }

  of(host: H): unknown {
    return this.failures.find((failure) => failure.host === host)?.error
  }

  isFirst(host: H): boolean {
    return this.failures[0]?.host === host
  }

  /** Of one among so many hosts. */
  among(hosts: number): HostFailures<H> {
    return new HostFailures(this.failures, hosts > 1)
  }

  /** What to tell: the reason, with the name of its host where there are several. */
  get reason(): unknown {
    const [first] = this.failures
    return this.several ? onHost(first?.host.name ?? '', first?.error) : first?.error
  }

  /** One error that tells of all hosts, for what is looked at on each by itself. */
  get all(): unknown {
    const [first, ...others] = this.failures
    const unforeseen = this.failures.find(({ error }) => !(error instanceof UserError))
    if (unforeseen !== undefined) return unforeseen.error
    if (first === undefined || others.length === 0) return this.reason
    const told = this.failures.map(({ host, error }) => onHost(host.name, error) as UserError)
    const lines = told.map(({ code, message, hint = '' }) => `- ${message}${hint === '' ? '' : `\n  ${hint}`} (${code})`)
    return new UserError((first.error as UserError).code, `${this.failures.length} hosts are not as they should be:\n${lines.join('\n')}`)
  }
}

function onHost(name: string, error: unknown): unknown {
  if (!(error instanceof UserError)) return error
  const hint = error.hint === undefined ? {} : { hint: error.hint }
  return new UserError(error.code, error.message.startsWith(`${name} `) ? error.message : `${name}: ${error.message}`, {
    ...hint,
    cause: error,
  })
}

/**
 * Does the work on all hosts at the same time, and waits for all of them.
 * @param onFailure called once, at the first failure, with the hosts whose work goes on
 * @throws HostFailures
 */
export async function together<H extends { readonly name: string }, T>(
  hosts: readonly H[],
  work: (host: H) => Promise<T>,
  onFailure: (busy: readonly H[]) => void = () => undefined,
): Promise<T[]> {
  const busy = new Set(hosts)
  const failures: { host: H; error: unknown }[] = []
  const results = await Promise.all(
    hosts.map(async (host) => {
      try {
        return await work(host)
      } catch (error) {
        busy.delete(host)
        if (failures.push({ host, error }) === 1) onFailure([...busy])
        return undefined
      } finally {
        busy.delete(host)
      }
    }),
  )
  if (failures.length > 0) throw new HostFailures(failures, hosts.length > 1)
  return results as T[]
}

/** Looks at all hosts at the same time, before anything is changed. @throws UserError that tells of all that went wrong */
export async function onEach<H extends { readonly name: string }, T>(hosts: readonly H[], work: (host: H) => Promise<T>): Promise<T[]> {
  try {
    return await together(hosts, work)
  } catch (error) {
    throw error instanceof HostFailures ? error.all : error
  }
}
