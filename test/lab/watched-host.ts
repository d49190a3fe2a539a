import type { Box } from '../../lab/lab.ts'

const ARGV = '/var/log/argv'
const plugin = '/usr/local/lib/docker/cli-plugins/docker-compose'

/** A program that writes down with what it was called, and then is the real one. It takes its place at once, because others use it meanwhile. */
const logged = (path: string, real: string, before = ''): string => `
  printf '%s\\n' '#!/bin/dash' 'printf "%s\\n" "$0 $*" >>${ARGV}' '${before}' 'exec ${real} "$@"' >/var/real/logged
  chmod 755 /var/real/logged
  mv -f /var/real/logged ${path}`

/**
 * Puts watchers on a host: every call of docker, of its Compose plugin and of sh is written down, and what `ps` shows of all processes,
 * many times a second. `beforeDocker` is a line of sh that each call of docker runs first.
 */
export async function watchHost(box: Box, { beforeDocker = '' } = {}): Promise<void> {
  await box.exec(`mkdir -p /var/real; : >${ARGV}; : >${ARGV}.ps; chmod 600 ${ARGV} ${ARGV}.ps
    cp -p /usr/bin/docker ${plugin} /var/real
    ${logged('/usr/bin/docker', '/var/real/docker', beforeDocker)}
    ${logged(plugin, '/var/real/docker-compose')}
    ${logged('/bin/sh', '/bin/dash')}`)
  await box.exec(`setsid dash -c 'while [ -d /var/real ]; do ps axww -o args >>${ARGV}.ps; sleep 0.03; done' >/dev/null 2>&1 &`)
}

/** Takes the watchers away. @returns all arguments that they saw */
export async function unwatchHost(box: Box): Promise<{ called: string; running: string }> {
  const read = async (file: string) => (await box.exec(`cat ${file} 2>/dev/null`)).stdout
  const seen = { called: await read(ARGV), running: await read(`${ARGV}.ps`) }
  await box.exec(`[ -d /var/real ] || exit 0
    ln -s dash /var/real/sh; mv -f /var/real/sh /bin/sh
    mv -f /var/real/docker /usr/bin/docker; mv -f /var/real/docker-compose ${plugin}; rm -rf /var/real ${ARGV} ${ARGV}.ps`)
  return seen
}

/** The files on a host that hold one of these texts, as far as this user can read. Docker's own folder is left out. */
export async function filesWith(box: Box, texts: readonly string[], user: 'root' | 'nodocker'): Promise<string[]> {
  const folders = '/opt /tmp /var/tmp /run /root /home /srv /etc /dev/shm /var/log /var/cache /var/backups'
  const found = await box.exec(`grep -rlaFs -D skip -f - ${folders}`, { stdin: texts.join('\n'), user, timeoutMs: 120_000 })
  return found.stdout.split('\n').filter((line) => line !== '')
}

/** What runs left in /tmp. The agent goes a moment after the runner, so it is asked again for some seconds while there is something. */
export async function leftInTmp(box: Box): Promise<string> {
  const { stdout } = await box.exec(
    'for try in $(seq 50); do left=$(ls -d /tmp/deploy-actions* 2>/dev/null) || exit 0; sleep 0.1; done; echo "$left"',
  )
  return stdout
}
