import type { Box } from '../box.ts'
import { LabError } from '../shell.ts'

/** Packages, the firewall and, where the box has none, systemd, for a set-up script on a box; users, Docker and sshd are real. */
const STAND_INS = {
  'apt-get': 'for word; do case $word in -* | install | update) ;; *) echo "$word" >>/tmp/installed ;; esac; done',
  'dpkg-query': `for word; do :; done
    case $word in
      ufw | unattended-upgrades) grep -qx "$word" /tmp/installed || exit 1 ;;
      *-persistent) exit 1 ;;
    esac
    echo "install ok installed"`,
  ufw: `case $* in
      status*) [ ! -e /tmp/ufw-on ] || { echo "Status: active"; cat /tmp/ufw-rules; } ;;
      allow*) printf '%-26s ALLOW IN    Anywhere\\n' "$2" >>/tmp/ufw-rules ;;
      *enable) : >/tmp/ufw-on ;;
    esac`,
  systemctl:
    'case $* in "is-active"*) exit 3 ;; *docker) kill -HUP "$(cat /run/docker.pid)" ;; *ssh) kill -HUP "$(cat /run/sshd.pid)" ;; esac',
}
const WRITTEN = '/etc/ssh/sshd_config.d/00-deploy-actions.conf /etc/apt/apt.conf.d/20auto-upgrades'

/** Makes a box one on which the set-up script has never run. @param folder where the stand-ins lie, for the PATH of the script */
export async function freshHost(box: Box, folder: string): Promise<void> {
  await asBefore(box)
  const hasSystemd = (await box.exec('command -v systemctl')).code === 0
  for (const [name, body] of Object.entries(STAND_INS)) {
    if (name === 'systemctl' && hasSystemd) continue
    const { code, stderr } = await box.exec(`mkdir -p ${folder} && cat >${folder}/${name} && chmod 755 ${folder}/${name}`, {
      stdin: `#!/bin/sh\n${body}\n`,
    })
    if (code !== 0) throw new LabError(`${box.name} gets no stand-in for ${name}: ${stderr}`)
  }
}

/** A bare box again. Docker's configuration is written anew when it starts. */
export async function forgetSetUp(box: Box, folder: string): Promise<void> {
  await box.exec(`cd ${folder} && rm -f ${Object.keys(STAND_INS).join(' ')}`)
  await asBefore(box)
  await box.restart()
}

/** Without what the script writes outside of the folders that a reset empties. A session of the user's may still be ending. */
async function asBefore(box: Box): Promise<void> {
  await box.killSessions()
  await box.exec(`rm -f ${WRITTEN}; userdel -rf shipper`)
  await box.reset()
}
