import type { Step } from '../scenarios/consumer.ts'

/** What a step is doing, in few words: its latest line that says so, without digests and release ids. */
export function lastWords(stdout: string): string | undefined {
  return withoutRaw(stdout)
    .split('\n')
    .map((line) => phases.find(([pattern]) => pattern.test(line))?.[1] ?? line.match(doing)?.[0])
    .findLast((words) => words !== undefined)
}

const phases: [RegExp, string][] = [
  [/^::group::Connect/, 'connecting'],
  [/^::group::Plan/, 'planning'],
  [/^pulling /, 'pulling images'],
  [/ serves again$/, 'the old release serves again'],
  [/ serves \d/, 'the new release serves, and is being verified'],
]
const doing = /^(starting|creating|waiting for|draining|applying|settling) .*|^Going back/

/** Lines of somebody else's, such as a container's log. */
const withoutRaw = (stdout: string): string => stdout.replaceAll(/^::stop-commands::(.*)\n(?:.*\n)*?::\1::$/gm, '')

/** Why a step did not end well, in its own words; nothing when it did. */
export function whatWentWrong({ annotations }: Step): string {
  const error = annotations.find(({ level }) => level === 'error')
  return error === undefined ? '' : `: ${error.message.split('\n')[0]}`
}
