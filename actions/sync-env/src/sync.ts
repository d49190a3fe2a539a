import { judgeValues } from './contract.ts'
import type { SyncEnvInputs } from './inputs.ts'
import { gather, readText, type SourcePorts } from './sources.ts'
import type { SyncResult, Target } from './target.ts'
import { parseTemplate } from './template.ts'

/** What says which values a file is to have. */
export type ValueInputs = Pick<
  SyncEnvInputs,
  'keys' | 'values' | 'envFile' | 'envFileFormat' | 'ageKey' | 'template' | 'unknownKeys' | 'allowEmpty' | 'rotated' | 'environment'
>

/** Reads the values, judges all that can be known of them, and has the target written. */
export async function sync(inputs: SyncEnvInputs, target: Target, ports: SourcePorts): Promise<SyncResult> {
  const { values, rotateAfter } = await ports.log.group('Values', () => judgedValues(inputs, target, ports))
  return target.sync(values, rotateAfter)
}

/** What was found right. */
export interface Judged {
  readonly values: Map<string, string>
  readonly rotateAfter: Map<string, number>
}

/** Everything that can be known before anybody is contacted. */
export async function judgedValues(inputs: ValueInputs, target: Pick<Target, 'name' | 'judge'>, ports: SourcePorts): Promise<Judged> {
  const values = await gather(inputs, ports)
  const template =
    inputs.template === undefined ? undefined : parseTemplate(await readText(ports.workspace, inputs.template), inputs.template)
  judgeValues({ ...inputs, values, template, env: ports.env })
  target.judge(values)
  ports.log.info(`${values.size} keys for ${target.name}`)
  const limits = template?.flatMap(({ name, rotateAfter }) => (rotateAfter === undefined ? [] : [[name, rotateAfter] as const])) ?? []
  return { values, rotateAfter: new Map(limits) }
}
