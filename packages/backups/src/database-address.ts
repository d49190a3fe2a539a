import { Mistake, matching, optional, type Problem, type Reader, reader, secret } from '@deploy-actions/kit'

/** `[service:]NAME`: services of a Compose file, and variables as a shell knows them. */
const variable = matching(
  /^(?:[A-Za-z0-9][A-Za-z0-9_.-]*:)?[A-Za-z_][A-Za-z0-9_]*$/,
  'must be the name of a variable, perhaps behind that of a service',
  'Write it like `DATABASE_URL` or `worker:DATABASE_URL`.',
)
/** How it is written in detail the host knows, which reads it. */
const address: Reader<string> = reader((raw) => {
  const url = raw.trim()
  if (!/^(?:postgres|postgresql|postgis)(?:\+[a-z0-9_]+)?:\/\/\S+$/.test(url))
    throw new Mistake('must be the address of a PostgreSQL', 'Write it like `postgresql://user:password@host:5432/database`.')
  return url
})
/** Of an image that the host pulls. */
export const databaseImageInput = optional(
  matching(/^[A-Za-z0-9][A-Za-z0-9./:@_-]*$/, 'must be the reference of an image, such as `postgres:16-alpine`'),
)

/** The inputs that say where a database is that is no service of the Compose file, in the order of action.yml. */
export const databaseInputs = {
  'database-url-env': optional(variable),
  'database-url': secret(optional(address)),
  'database-image': databaseImageInput,
}

interface DatabaseValues {
  readonly operation: string
  readonly service: string | undefined
  readonly databaseUrlEnv: string | undefined
  readonly databaseUrl: string | undefined
  readonly databaseImage: string | undefined
}

/** Rules across them. */
export function databaseProblems(values: Partial<DatabaseValues>): Problem[] {
  const { operation, service, databaseUrlEnv, databaseUrl, databaseImage } = values
  const problems: Problem[] = []
  const given = databaseUrlEnv === undefined ? 'database-url' : 'database-url-env'
  const isElsewhere = databaseUrlEnv !== undefined || databaseUrl !== undefined
  if (databaseUrlEnv !== undefined && databaseUrl !== undefined)
    problems.push({
      input: 'database-url',
      rule: 'and `database-url-env` are both given',
      fix: 'Give one of them: both say where the database is.',
    })
  if (service !== undefined && isElsewhere)
    problems.push({
      input: given,
      rule: 'and `service` are both given',
      fix: 'A service is found by its name, and a database elsewhere by its address: give one.',
    })
  if (databaseUrl !== undefined && operation === 'schedule')
    problems.push({
      input: 'database-url',
      rule: 'is given with `operation: schedule`, and no password is stored for the timer',
      fix: 'Give `database-url-env`: the timer reads the address where the app has it.',
    })
  // Where the address could not be read, that is what is to be told.
  if (databaseImage !== undefined && 'databaseUrlEnv' in values && 'databaseUrl' in values && !isElsewhere)
    problems.push({
      input: 'database-image',
      rule: 'is given without `database-url-env`, and a service has programs of its own',
      fix: 'Say where the database is, or leave it out.',
    })
  return problems
}

/** The password in an address, as it is written there and as it is meant: neither may stand in a log. */
export function passwordsIn(databaseUrl: string | undefined): string[] {
  const written = /^[^:]+:\/\/[^:@/]*:([^@/]+)@/.exec(databaseUrl ?? '')?.[1]
  if (written === undefined) return []
  try {
    return [written, decodeURIComponent(written)]
  } catch {
    return [written]
  }
}
