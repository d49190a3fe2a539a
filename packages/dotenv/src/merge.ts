import { parseEnvFile, type Statement } from './statements.ts'

/** The merged `.env`, and where each name came from: for the plan. Names are sorted. */
export interface MergedDotEnv {
  text: string
  fromRunner: string[]
  fromHost: string[]
}

/**
 * Merges the two `.env` files that interpolate a Compose file: the runner's wins for names that it has, the host's fills in, `COMPOSE_*` comes from the runner only.
 * Lines stay verbatim, chained variables are left for Compose on the host. A line of the host stands before the first line of the runner that refers to it and
 * behind all others, because Compose resolves a reference only from lines above.
 *
 * @throws UserError DA-ENV-FILE-INVALID saying which of the two files
 */
export function mergeDotEnv(runnerText: string, hostText: string): MergedDotEnv {
  const runner = parseEnvFile(runnerText, '.env file of the runner')
  const names = new Set(runner.statements.map(({ key }) => key))
  const pending = new Map<string, Statement[]>()
  for (const statement of parseEnvFile(hostText, '.env file of the host').statements) {
    const { key } = statement
    if (names.has(key) || key.startsWith('COMPOSE_')) continue
    pending.set(key, [...(pending.get(key) ?? []), statement])
  }
  const fromHost = [...pending.keys()].sort()
  const lines: string[] = []
  const emit = (statement: Statement): void => {
    for (const name of references(statement)) emitHost(name)
    lines.push(withLineEnd(statement.text))
  }
  const emitHost = (name: string): void => {
    const found = pending.get(name) ?? []
    pending.delete(name)
    found.forEach(emit)
  }
  runner.statements.forEach(emit)
  for (const name of [...pending.keys()]) emitHost(name)
  return { text: lines.join('') + runner.rest, fromRunner: [...names].sort(), fromHost }
}

function references({ quote, raw }: Statement): string[] {
  if (quote === "'") return []
  return [...raw.matchAll(/\$\{?([A-Za-z_][A-Za-z0-9_]*)/g)].map(([, name = '']) => name)
}

const withLineEnd = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`)
