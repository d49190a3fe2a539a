import { nearest } from '@deploy-actions/kit'
import { type Refusal, refusal } from './refusal.ts'

/** DA-SERVICE-UNKNOWN for a name that the file does not have; `input` is where it stands. */
export function unknownService(wrong: string, input: string, names: readonly string[]): Refusal {
  const near = nearest(wrong, names)
  const hint =
    near === undefined ? `The file has ${names.join(', ') || 'no services'}.` : `Did you mean "${near}"? The file has ${names.join(', ')}.`
  return refusal('DA-SERVICE-UNKNOWN', `\`${input}\` names the service "${wrong}", which the Compose file does not have`, hint)
}
