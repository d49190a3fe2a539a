import type { Box } from '../lab.ts'
import { app, directory, type Step } from './consumer.ts'

/** How many containers of a project run. */
const running = (project: string): string => `docker ps -q --filter label=com.docker.compose.project=${project} | wc -l`

/**
 * What a run left behind on the host that it should not have, as sentences; none when all is well. `warm`: the previous slot may still
 * run. Asks `doctor` last, because that one mends.
 */
export async function leftoversOn(box: Box, { warm = false } = {}): Promise<string[]> {
  const asked = await box.exec(`cd ${directory} || exit
    [ ! -e lock.holder ] || echo "the lock has a holder: $(tr '\\n' ' ' <lock.holder)"
    flock -n lock true || echo 'the lock is taken'
    [ ! -e journal ] || echo "the journal is open: $(tr '\\n' ' ' <journal)"
    live=$(ls switch | tr '\\n' ' ')
    case $live in 'blue ') other=green ;; 'green ') other=blue ;; *) echo "the flag says: $live" ;; esac
    [ "$(${running(`${app}-\${live% }`)})" -gt 0 ] || echo "nothing runs in $live"
    ${warm ? '' : `[ "$(${running(`${app}-$other`)})" = 0 ] || echo "the idle slot $other runs"`}
    ls releases | grep '\\.tmp$'
    for folder in /tmp/deploy-actions*; do
      [ ! -e "$folder" ] || echo "$folder is left: $(ls -A "$folder" | tr '\\n' ' ')of $(ps -o pid=,stat=,etime=,args= -p "$(cat "$folder/agent" 2>/dev/null || echo 0)" || echo 'nobody')"
    done
    bin/release doctor >/tmp/doctor 2>&1 || echo "doctor ends with $?"
    grep -v '^ok ' /tmp/doctor | grep -v '^all is well'
    rm -f /tmp/doctor`)
  return `${asked.stdout}${asked.stderr}`.split('\n').filter((line) => line.trim() !== '')
}

/** Throws unless the host is as a finished run leaves it. */
export async function expectSettled(box: Box, options: { warm?: boolean } = {}): Promise<void> {
  const left = await leftoversOn(box, options)
  if (left.length > 0) throw new Error(`the host is not settled:\n- ${left.join('\n- ')}`)
}

/** Throws with the end of the step's log unless it ended like this. */
export function expectStatus(step: Step, status: string): void {
  if (step.status === status) return
  const lines = `${step.stdout}\n${step.stderr}`.trim().split('\n')
  const tail = lines
    .filter((line) => !line.startsWith('::add-mask::'))
    .slice(-40)
    .join('\n')
  throw new Error(`the step ended with status ${step.status} (exit code ${step.code}), not ${status}:\n${tail}`)
}
