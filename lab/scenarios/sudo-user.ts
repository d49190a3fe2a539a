import { readFileSync } from 'node:fs'
import path from 'node:path'
import { labFolder } from '../state.ts'

/** The commands of docs/guide-sudo.md, as they stand there, for the lab's user who may not use Docker. */
export function sudoSetUp(): string {
  const guide = readFileSync(path.join(labFolder, '../docs/guide-sudo.md'), 'utf8')
  const [, commands = ''] = /## Once, on the host, as root\n\n```sh\n([\s\S]*?)```/.exec(guide) ?? []
  return commands.replace(/\bdeploy\b(?!-)/g, 'nodocker')
}

export const sudoTakeDown = 'rm -f /usr/local/sbin/deploy-actions-agent /etc/sudoers.d/deploy-actions*'
