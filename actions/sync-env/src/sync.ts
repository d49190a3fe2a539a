import { judgeValues } from './contract.ts'
import type { SyncEnvInputs } from './inputs.ts'
import { gather, readText, type SourcePorts } from './sources.ts'
import type { SyncResult, Target } from './target.ts'
import { parseTemplate } from './template.ts'

/** Reads the values, judges all that can be known of them, and has the target written. */
export async function sync(inputs: SyncEnvInputs, target: Target, ports: SourcePorts): Promise<SyncResult> {
  const { values, rotateAfter } = await ports.log.group('Values', () => judgedValues(inputs, target, ports))
  return target.sync(values, rotateAfter)
}

interface Judged {
  readonly values: Map<string, string>
  readonly rotateAfter: Map<string, number>
}

/** Everything that can be known before anybody is contacted. */
async function judgedValues(inputs: SyncEnvInputs, target: Target, ports: SourcePorts): Promise<Judged> {
  const values = await gather(inputs, ports)
  const template =
    inputs.template === undefined ? undefined : parseTemplate(await readText(ports.workspace, inputs.template), inputs.template)
  judgeValues({ ...inputs, values, template, env: ports.env })
  target.judge(values)
  ports.log.info(`${values.size} keys for ${target.name}`)
  const limits = template?.flatMap(({ name, rotateAfter }) => (rotateAfter === undefined ? [] : [[name, rotateAfter] as const])) ?? []
  return { values, rotateAfter: new Map(limits) }
}
