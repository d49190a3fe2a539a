import { X509Certificate } from 'node:crypto'
import { deploymentProblems } from '@deploy-actions/deployments'
import { connectionProblems, oneHostProblems } from '@deploy-actions/hosts'
import { Mistake, type Problem } from '@deploy-actions/kit'
import {
  checkVariableName,
  type Files,
  type Flow,
  judgeGiven,
  type Misplaced,
  placeText,
  readChecks,
  whyNoHeader,
} from '@deploy-actions/probe'
import type { SmokeInputs } from './inputs.ts'

/** What rules across inputs need to know of the place where we run. */
export interface Surroundings {
  readonly repository: string | undefined
  readonly files: Files
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Names that every check can use without being given. */
export const BUILT_IN = ['unique', 'now']

/** Rules across inputs; everything that can be known before anything is asked, the checks included. */
export function check(values: Partial<SmokeInputs>, { repository, files, env }: Surroundings): Problem[] {
  return [
    ...nameProblems(values, env),
    ...(values.url === undefined ? [] : checkProblems(values as SmokeInputs, { files, env })),
    ...versionProblems(values),
    ...warmProblems(values, repository),
    ...trustProblems(values.tlsCa, files),
    ...outputProblems(values, files),
    ...headerProblems(values.candidate),
    ...deploymentProblems(values),
  ]
}

/** Also what the values of this step make of the checks. */
function checkProblems(values: SmokeInputs, { files, env }: Omit<Surroundings, 'repository'>): Problem[] {
  const { flows, problems, file } = checksOf(values, files)
  if (problems.length > 0) return problems
  const { variables = new Map(), envKeys = [] } = values
  const given = new Map([...variables, ...envKeys.map((name): [string, string] => [name, env[name] ?? ''])])
  return judgeGiven(flows, values.url, given).map((problem) => problemOf(problem, file))
}

/** Told now, and not after the last check. */
function outputProblems({ junit, reportDirectory }: Partial<SmokeInputs>, files: Files): Problem[] {
  const wanted = [
    { input: 'junit', path: junit },
    { input: 'report-directory', path: reportDirectory && `${reportDirectory}/report.html` },
  ]
  return wanted.flatMap(({ input, path }) => {
    const problem = path && files.whyNotWritable(path)
    return problem ? [{ input, rule: problem, fix: 'Give another path.' }] : []
  })
}

function headerProblems(candidate: SmokeInputs['candidate'] | undefined): Problem[] {
  const problem = candidate && whyNoHeader(candidate.name, candidate.value)
  return problem ? [{ input: 'candidate', rule: `is wrong: ${problem}` }] : []
}

function nameProblems({ variables = new Map(), envKeys = [] }: Partial<SmokeInputs>, env: Surroundings['env']): Problem[] {
  const problems: Problem[] = []
  for (const name of [...variables.keys(), ...envKeys]) {
    const input = variables.has(name) ? 'variables' : 'env-keys'
    try {
      checkVariableName(name)
    } catch (error) {
      problems.push({ input, rule: `has ${(error as Error).message}` })
    }
    if (BUILT_IN.includes(name)) problems.push({ input, rule: `has the name "${name}", which is built in`, fix: 'Take another name.' })
  }
  const twice = envKeys.filter((name) => variables.has(name))
  if (twice.length > 0)
    problems.push({ input: 'variables', rule: `and \`env-keys\` both give ${twice.join(', ')}`, fix: 'Give each name once.' })
  // GitHub gives a secret that does not exist as an empty text.
  const missing = envKeys.filter((name) => (env[name] ?? '').trim() === '')
  if (missing.length > 0)
    problems.push({
      input: 'env-keys',
      rule: `names ${missing.join(', ')}, which this step does not have, or has empty`,
      fix: 'Add each under `env:` of the step, such as `PASSWORD: ${{ secrets.SMOKE_PASSWORD }}`; a secret that does not exist is empty.',
      code: 'DA-ENV-KEY-MISSING',
    })
  return problems
}

/** The flows of the input `checks`, and what is wrong with them. */
export function checksOf(
  { checks, url, variables = new Map(), envKeys = [] }: SmokeInputs,
  files: Files,
): { flows: Flow[]; problems: Problem[]; file?: string } {
  if (checks === undefined) return { flows: [], problems: [] }
  const file = /^[^\n:]+\.ya?ml$/.test(checks) ? checks : undefined
  try {
    const text = file === undefined ? checks : files.read(file).toString('utf8')
    const { flows, problems } = readChecks({ text, base: url, files, names: new Set([...variables.keys(), ...envKeys, ...BUILT_IN]) })
    return {
      flows,
      ...(file !== undefined && { file }),
      problems: problems.map((problem) => problemOf(problem, file)),
    }
  } catch (error) {
    if (!(error instanceof Mistake)) throw error
    return { flows: [], problems: [{ input: 'checks', rule: `is wrong: ${error.message}`, code: INVALID }] }
  }
}

const INVALID = 'DA-CHECKS-INVALID'

function problemOf({ place, message }: Misplaced, file: string | undefined): Problem {
  const where = `${file === undefined ? '' : `${file}, `}${placeText(place)}`
  return { input: 'checks', rule: `is wrong at ${where}: ${message}`, code: INVALID, ...(file !== undefined && { at: { file, ...place } }) }
}

function versionProblems({ expectVersion, resolve, url, candidate }: Partial<SmokeInputs>): Problem[] {
  const problems: Problem[] = []
  if (expectVersion === 'same' && url !== undefined && (resolve?.get(url.hostname)?.length ?? 0) < 2)
    problems.push({
      input: 'expect-version',
      rule: 'is "same", but `resolve` gives no two addresses of the host',
      fix: 'Give the addresses, or the version that is expected.',
    })
  if (candidate && url?.protocol === 'http:' && !isPrivate(url.hostname))
    problems.push({
      input: 'candidate',
      rule: 'would be sent over http to a public name, where others can read it',
      fix: 'Write `https://` in `url`.',
    })
  return problems
}

/** An address, or a name without a dot: a laboratory, or a network of one's own. */
export const isPrivate = (host: string): boolean => /^[\d.]+$|^\[|^[^.]+$|\.(internal|local|localhost|test|lan)$/.test(host)

function warmProblems(values: Partial<SmokeInputs>, repository: string | undefined): Problem[] {
  if (values.settleWarm !== true) {
    if (values.releaseId === undefined || values.token !== undefined) return []
    return [
      {
        input: 'release-id',
        rule: 'is given without `settle-warm` and without `token`, which alone use it',
        fix: 'Set one of them, or leave it out.',
      },
    ]
  }
  const { host, sshKey, ...rest } = values
  const given = { ...rest, ...(host !== undefined && { host }), ...(sshKey !== undefined && { sshKey }) }
  const missing = (['host', 'ssh-key'] as const).filter((name) => (name === 'host' ? host : sshKey) === undefined)
  const problems: Problem[] = missing.map((input) => ({ input, rule: 'is required with `settle-warm: true`' }))
  if (values.candidate)
    problems.push({
      input: 'candidate',
      rule: 'and `settle-warm` are both given, but nothing is warm before the switch',
      fix: 'Test the candidate first; settle after the switch.',
    })
  // Switching back on several hosts is all or nothing, and that is the action rollback.
  const instead = 'Leave `settle-warm` out, and run the action rollback over all hosts when `rollback-recommended` is true.'
  problems.push(...oneHostProblems(host, '`settle-warm`', instead))
  return [...problems, ...connectionProblems(given, repository)]
}

function trustProblems(tlsCa: string | undefined, files: Files): Problem[] {
  try {
    trustOf(tlsCa, files)
    return []
  } catch (error) {
    return [
      {
        input: 'tls-ca',
        rule: error instanceof Mistake ? `is wrong: ${error.message}` : 'holds no certificate (PEM)',
        fix: 'Give the text between and with the lines BEGIN and END CERTIFICATE, or the path of a file.',
      },
    ]
  }
}

/** The certificates of `tls-ca` as text. @throws Mistake, or Error for what is no certificate */
export function trustOf(tlsCa: string | undefined, files: Files): string | undefined {
  if (tlsCa === undefined) return undefined
  const pem = tlsCa.includes('BEGIN CERTIFICATE') ? tlsCa : files.read(tlsCa).toString('utf8')
  new X509Certificate(pem)
  return pem
}
