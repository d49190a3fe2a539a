import type { Script } from '@deploy-actions/migrations'

/** The user's own check, in a shell of its own so that `exit` in it is its answer. */
export const verifyScript = (command: string): Script => ({ name: 'verify', text: `(\n${command}\n)\n` })
