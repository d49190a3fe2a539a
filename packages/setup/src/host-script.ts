import { quote } from '@deploy-actions/hosts'
import { stringify } from 'yaml'
import type { Choices } from './choices.ts'

/** Where the script lies in this repository, from its root. */
export const SETUP_SCRIPT = 'packages/setup/src/setup-host.sh'

const BEGIN = '# --- what is different for each app'
const END = '# --- the same for everybody'

/** The set-up script with this app's own values at its top. @param script the text of `SETUP_SCRIPT` */
export function hostScript(script: string, { app, user, publicKey, swap }: Choices): string {
  const [head, rest] = script.split(BEGIN) as [string, string]
  const tail = rest.slice(rest.indexOf(END))
  const own = [
    `app=${quote(app)}`,
    `user=${quote(user)}`,
    `public_key=${quote(publicKey ?? '')} # the line of the .pub file, or several`,
    `swap=${quote(swap ?? '')} # such as 2G`,
  ]
  return `${head}${BEGIN}\n${own.join('\n')}\n${tail}`
}

/** The same for a server that does not exist yet: to paste as "user data" when it is made. */
export function cloudInit(script: string): string {
  const content = {
    package_update: true,
    write_files: [{ path: '/root/setup-host.sh', permissions: '0700', content: script }],
    runcmd: [['sh', '/root/setup-host.sh']],
  }
  return `#cloud-config\n# Paste this as "user data" when you make the server. What it did, and its known_hosts line: /var/log/cloud-init-output.log\n${stringify(content, { lineWidth: 0 })}`
}
