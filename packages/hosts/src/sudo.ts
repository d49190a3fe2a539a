import { quote } from './shell-quote.ts'

/** Root's, and the only thing that sudo lets the login user run: packages/agent/src/sudo, installed by docs/guide-sudo.md. */
export const sudoProgram = '/usr/local/sbin/deploy-actions-agent'

/**
 * A command that hands these words to the program, as root. Its standard streams are ours. `-n`: a password is never asked for. `-H`: root's home, whatever
 * the host's sudo keeps of the environment.
 */
export const bySudo = (words: readonly string[]): string => `exec sudo -n -H -- ${[sudoProgram, ...words].map(quote).join(' ')}`
