import { expect } from '@jest/globals'
import type { Box } from '../../lab/lab.ts'
import type { Step } from '../../lab/scenarios/consumer.ts'

export interface Refusal {
  /** Of the one annotation; a longer list of mistakes has them in its text. */
  readonly code: string
  /** What the text must have: the value, the rule and the fix. */
  readonly says: readonly (string | RegExp)[]
  /** `failed` where nothing had begun, `aborted` where the host took back what had. */
  readonly status?: 'failed' | 'aborted'
}

/** Runs a step that must be refused, in one annotation, and proves that the host is as it was before. */
export async function expectRefused(box: Box, run: () => Promise<Step>, { code, says, status = 'failed' }: Refusal): Promise<Step> {
  const before = await stateOf(box)
  const step = await run()
  const after = await stateOf(box)
  const errors = step.annotations.filter(({ level }) => level === 'error')
  expect(errors.map(({ title, message }) => `${title}: ${message}`)).toEqual([expect.stringContaining(`${code}: `)])
  const message = errors[0]?.message ?? ''
  for (const words of says) expect(message).toMatch(typeof words === 'string' ? new RegExp(escaped(words)) : words)
  expect(message).toContain(`docs/errors.md#${code.toLowerCase()}`)
  expect({ code: step.code, status: step.status }).toEqual({ code: 1, status })
  expect(after).toEqual(before)
  return step
}

/** Everything that a refused run leaves alone, a line each: containers and their states, images, networks, volumes, files and what is in them. */
async function stateOf(box: Box): Promise<string[]> {
  const { stdout, stderr } = await box.exec(`
    docker ps -a --no-trunc --format 'container {{.ID}} {{.Names}} {{.State}}'
    docker images -a --no-trunc --digests --format 'image {{.Repository}}:{{.Tag}} {{.Digest}} {{.ID}}'
    docker network ls --no-trunc --filter type=custom --format 'network {{.ID}} {{.Name}}'
    docker volume ls --format 'volume {{.Name}}'
    find /opt /srv /root /home /tmp /var/tmp -not -path '*/.ssh*' -not -name 'runc-process*' -printf 'file %p %y %m %u %s %l\\n'
    find /opt -type f -exec sha256sum {} +`)
  return `${stdout}${stderr}`.split('\n').sort()
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
