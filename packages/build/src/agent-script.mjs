import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const PARTS = 'packages/agent/src/sh'
/** The path of the generated module, from the root. */
export const AGENT_MODULE = 'packages/agent/src/release-script.generated.ts'

/**
 * The host agent as one script: the parts `NN-name.sh` in order of their names, under one `#!/bin/sh`; comments stay, because
 * people read the file on their hosts. Undefined while there are no parts.
 * @param {string} root
 * @returns {string | undefined}
 */
export function joinAgentScript(root) {
  const folder = join(root, PARTS)
  if (!existsSync(folder)) return undefined
  const parts = readdirSync(folder)
    .filter((file) => file.endsWith('.sh'))
    .sort()
  if (parts.length === 0) return undefined
  const bodies = parts.map((file) =>
    readFileSync(join(folder, file), 'utf8')
      .replace(/^#!.*\n/, '')
      .trim(),
  )
  return `#!/bin/sh\n${bodies.join('\n\n')}\n`
}

/**
 * The TypeScript module that carries the script.
 * @param {string} script
 */
export function agentModule(script) {
  const literal = script.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')
  return `// GENERATED from ${PARTS}/*.sh by \`npm run build\`. Do not edit.\n\n/** The host agent, as it is written to the host. */\nexport const releaseScript: string = \`${literal}\`\n`
}
