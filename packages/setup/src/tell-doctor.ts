import type { Log } from '@deploy-actions/kit'
import type { Report } from './doctor.ts'

/** Prints each finding with how to mend it. @returns how it is as a whole */
export function tellDoctor(report: Report, log: Log): 'ok' | 'warnings' | 'failed' {
  for (const [place, findings] of report) {
    log.info(`\n${place}`)
    for (const { level, what, mend } of findings)
      log.info(
        `  ${level.padEnd(8)}  ${what}${mend === undefined ? '' : `\n            ${level === 'left out' ? 'because' : 'mend:'} ${mend}`}`,
      )
  }
  const all = [...report.values()].flat()
  const count = (level: string) => all.filter((finding) => finding.level === level).length
  log.info(`\n${count('OK')} OK, ${count('WARN')} WARN, ${count('FAIL')} FAIL, ${count('left out')} left out`)
  return count('FAIL') > 0 ? 'failed' : count('WARN') > 0 ? 'warnings' : 'ok'
}
