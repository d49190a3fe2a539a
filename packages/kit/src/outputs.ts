import type { Runner } from './runner.ts'
import type { Secrets } from './secrets.ts'
import { UserError } from './user-error.ts'

/** The outputs of the step. Set each one as soon as it is known: outputs count on failure too. */
export interface Outputs {
  /**
   * Sets an output; what is not a string becomes JSON. Setting it again replaces it.
   * @throws UserError DA-OUTPUT-MASKED when the value contains a secret: GitHub would hand on an empty value
   */
  set(name: string, value: unknown): void
  /** Sets an output with a secret in it, which is masked from now on. Steps of the same job get it; as an output of a *job* GitHub would empty it. */
  setSecret(name: string, secret: string, value?: string): void
  has(name: string): boolean
  /** What was set so far, in order. */
  all(): ReadonlyMap<string, string>
}

export function createOutputs(runner: Runner, secrets: Secrets): Outputs {
  const values = new Map<string, string>()
  const put = (name: string, text: string) => {
    values.set(name, text)
    if (runner.kind === 'github') runner.setOutput(name, text)
  }
  return {
    set(name, value) {
      const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
      if (secrets.found(text)) throw masked(name)
      put(name, text)
    },
    setSecret(name, secret, value = secret) {
      secrets.add(secret)
      put(name, value)
    },
    has: (name) => values.has(name),
    all: () => values,
  }
}

function masked(name: string): UserError {
  return new UserError(
    'DA-OUTPUT-MASKED',
    `output \`${name}\` would contain a masked value, and GitHub would pass on an empty text instead`,
    {
      hint: 'Choose secrets that are not part of an image, host, app or registry name, or give this value as a variable instead of a secret.',
    },
  )
}
