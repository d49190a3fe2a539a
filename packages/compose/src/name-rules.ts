import { type Refusal, refusal } from './refusal.ts'
import { streamAlias } from './service-names.ts'

/** DNS takes no label of more than 63 characters. */
const LONGEST = 63

/** DA-NAME-TOO-LONG for switched services whose name in a slot could not be looked up. */
export function nameRefusals(project: string, switched: readonly string[]): Refusal[] {
  return switched
    .filter((name) => streamAlias(project, name, 'green').length > LONGEST)
    .map((name) => {
      const longest = LONGEST - '--green-stream'.length
      const message = `the names of project "${project}" and service "${name}" have ${project.length + name.length} characters together, at most ${longest} can be looked up`
      return refusal(
        'DA-NAME-TOO-LONG',
        message,
        'Give a shorter `project-name` (for a project that is not yet deployed), or rename the service.',
      )
    })
}
