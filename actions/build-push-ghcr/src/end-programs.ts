import type { Exec } from '@deploy-actions/kit'

/** Ends whoever has the private configuration in its environment; without /proc there is nothing to look in. */
const SCRIPT = `for file in /proc/[0-9]*/environ; do
  if tr '\\0' '\\n' <"$file" 2>/dev/null | grep -qxF "DOCKER_CONFIG=$1"; then
    pid=\${file#/proc/}
    kill -KILL "\${pid%/environ}" 2>/dev/null
  fi
done
true`

/**
 * Ends the programs that a cancelled or killed step left behind: they would go on building with its login, and write into its folder.
 * @param dockerConfig the folder that only they have, so nobody else is met
 */
export async function endPrograms(exec: Exec, dockerConfig: string): Promise<void> {
  await exec.run('sh', ['-c', SCRIPT, 'sh', dockerConfig]).catch(() => undefined)
}
