import { list, Mistake, matching, oneOf, optional, reader, secret, text, type Values } from '@deploy-actions/kit'
import { EVENTS, type Event } from './event.ts'
import { type Step, stepsOf } from './steps.ts'

const webhook = reader((raw): string => {
  const address = URL.canParse(text.read(raw)) ? new URL(raw) : undefined
  const here = address !== undefined && /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(address.hostname)
  if (address?.protocol === 'https:' || (here && address.protocol === 'http:')) return raw
  throw new Mistake(
    'must be an address that begins with https://',
    'Whoever reads the address can write to the chat, so it goes over no open line.',
  )
})

const events = reader((raw): readonly Event[] => {
  const names = list.read(raw)
  if (names.includes('all')) return EVENTS
  return names.map((name) => {
    const known = EVENTS.find((event) => event === name)
    if (known === undefined) throw new Mistake(`has "${name}", which is none of ${EVENTS.join(', ')}, all`)
    return known
  })
})

const steps = reader((raw): Step[] => {
  const found = stepsOf(raw)
  if (found === undefined) throw new Mistake('is not what GitHub knows of steps', 'Write `steps: ${{ toJSON(steps) }}`.')
  return found
})

/** The inputs in the order of action.yml. */
export const inputs = {
  url: secret(webhook),
  format: oneOf('slack', 'json'),
  job: oneOf('success', 'failure', 'cancelled'),
  steps,
  on: events,
  environment: optional(matching(/^[^\n]{1,255}$/, 'must be the name of an environment')),
  text: optional(matching(/^[^\n]{1,500}$/, 'must be one line of at most 500 characters')),
}

export type NotifyInputs = Values<typeof inputs>

export const outputs = ['status', 'event']
