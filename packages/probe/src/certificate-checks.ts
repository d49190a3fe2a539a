import type { CheckResult } from './check-result.ts'
import type { Failure } from './failure.ts'
import type { Certificate } from './http-answer.ts'

const DAY_MS = 86_400_000

/** One result for each certificate that was met: chain and name were checked at the connection, here it is the days that are left. */
export function certificateChecks(
  certificates: readonly Certificate[],
  limits: { failDays: number; warnDays: number },
  now: number,
): CheckResult[] {
  return certificates.map(({ host, address, issuer, validTo }) => {
    const days = Math.floor((validTo - now) / DAY_MS)
    const from = issuer === '' ? '' : `, issued by ${issuer},`
    const message = `the certificate of ${host}${from} is valid for ${days} more ${days === 1 ? 'day' : 'days'} (until ${new Date(validTo).toISOString().slice(0, 10)})`
    const failure: Failure | undefined =
      days < Math.max(limits.failDays, limits.warnDays) ? { cause: 'tls', message, surroundings: true } : undefined
    return {
      flow: '',
      name: `certificate of ${host}${address === undefined ? '' : ` (at ${address})`}: ${days} days left`,
      severity: days < limits.failDays ? 'critical' : 'warn',
      place: { line: 0, column: 0 },
      state: failure ? 'failed' : 'passed',
      attempts: 1,
      failedAttempts: [],
      ...(failure && { failure }),
      ms: 0,
      exchanges: [],
    }
  })
}
