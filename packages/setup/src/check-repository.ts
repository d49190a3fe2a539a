import { databaseAt, isAny, type Workspace } from '@deploy-actions/compose'
import { UserError } from '@deploy-actions/kit'
import { readSource } from '@deploy-actions/plan'
import { imageProblem } from './built-image.ts'
import { type ComposeProject, readComposeProject } from './compose-project.ts'
import { openSecretNote } from './compose-setup.ts'
import type { Contracts } from './contracts.ts'
import { type Finding, fail, failure, ok, warn } from './finding.ts'
import { givenTexts, linesOf, type Use, type Used } from './used-workflows.ts'

/** The workflows: that there are some, and that they give our actions what these take. */
export async function checkWorkflows({ uses, broken }: Used, contracts: Contracts, workspace: Workspace): Promise<Finding[]> {
  if (uses.length === 0)
    return [
      ...broken,
      fail('no workflow uses deploy-actions', '`npx . init` writes them. A copy of another name is known in a clone of it.'),
    ]
  const wrong = (await Promise.all(uses.map((use) => wrongUse(use, contracts)))).flat()
  const files = (
    await Promise.all(['env-template', 'spec', 'compose-file', 'checks'].map((input) => missingFiles(uses, input, workspace)))
  ).flat()
  const owners = uses.some(({ owner }) => owner === 'org')
    ? [fail('`org/deploy-actions` is what the documentation writes', 'Put the owner of your copy there.')]
    : []
  const findings = [...broken, ...owners, ...wrong, ...files]
  const names = [...new Set(uses.map(({ workflow }) => workflow.replace(/^.*\//, '')))]
  return findings.length > 0 ? findings : [ok(`workflows: ${names.join(', ')}`)]
}

async function wrongUse({ workflow, name, given }: Use, contracts: Contracts): Promise<Finding[]> {
  const contract = await contracts(name)
  if (contract === undefined)
    return [fail(`${workflow} uses ${name}, which there is not`, 'README.md of deploy-actions lists what there is.')]
  const unknown = Object.keys(given).filter((input) => !contract.inputs.includes(input))
  const absent = contract.required.filter((input) => !(input in given))
  return [
    ...unknown.map((input) =>
      fail(`${workflow} gives ${name} the input \`${input}\`, which it does not have`, 'Its README lists the inputs.'),
    ),
    ...absent.map((input) => fail(`${workflow} does not give ${name} the input \`${input}\`, which it needs`)),
  ]
}

async function missingFiles(uses: readonly Use[], input: string, workspace: Workspace): Promise<Finding[]> {
  const paths = [...new Set(givenTexts(uses, input).flatMap(linesOf))].filter((path) => /^[\w./-]+$/.test(path))
  const missing = await Promise.all(paths.map(async (path) => ((await workspace.stat(path)) === undefined ? [path] : [])))
  return missing.flat().map((path) => fail(`\`${input}\` names ${path}, which is not in the repository`))
}

/** The Compose file, and whether what workflows say of its services is so. */
export async function checkCompose(workspace: Workspace, composeFile: readonly string[], { uses }: Used): Promise<Finding[]> {
  const named = givenTexts(uses, 'compose-file').flatMap(linesOf)
  try {
    const project = await readComposeProject(workspace, composeFile.length > 0 ? composeFile : named)
    const source = await readSource({
      workspace,
      composeFile: project.files,
      files: [],
      profiles: [],
      projectName: undefined,
      app: 'app',
      values: new Map(),
    })
    return [
      ok(`${project.files.join(', ')}: ${project.services.map(({ name }) => name).join(', ')}`),
      ...source.refusals.map(({ code, message, hint }) => fail(`${code}: ${message}`, hint)),
      ...source.notes.map((note) => warn(note)),
      ...project.services.flatMap(({ name, openSecrets }) => openSecrets.map((secret) => warn(openSecretNote(name, secret)))),
      ...services(project, uses),
      ...published(project, uses),
    ]
  } catch (error) {
    if (error instanceof UserError) return [failure(error)]
    throw error
  }
}

const TARGET = /([A-Za-z0-9][A-Za-z0-9._-]*):(\d+)$/

/** Names of services in lines like `web:8000` and `example.com -> web:8000`. */
function switched(uses: readonly Use[]): string[] {
  const lines = ['switch', 'routes'].flatMap((input) => givenTexts(uses, input).flatMap(linesOf))
  return [...new Set(lines.flatMap((line) => TARGET.exec(line)?.[1] ?? []))]
}

function services(project: ComposeProject, uses: readonly Use[]): Finding[] {
  const health = new Set(
    givenTexts(uses, 'health')
      .flatMap(linesOf)
      .map((line) => line.split(':')[0]),
  )
  const names = project.services.map(({ name }) => name)
  return switched(uses).flatMap((name) => {
    const service = project.services.find((one) => one.name === name)
    if (service === undefined)
      return [fail(`a workflow sends requests to "${name}", which the Compose file does not have`, `It has ${names.join(', ')}.`)]
    const problem = imageProblem(service)
    return [
      ...(problem === undefined ? [] : [fail(problem)]),
      service.healthcheck || health.has(name)
        ? ok(`${name}: something says when it is ready`)
        : warn(
            `${name} has no healthcheck in the Compose file`,
            `If its image has none either, give \`health: "${name}: http :8000/health"\`; else the deploy is refused (DA-HEALTH-MISSING).`,
          ),
    ]
  })
}

/** Docker lets everybody in at a port that is published on all addresses; those of switched services are the edge's. */
function published(project: ComposeProject, uses: readonly Use[]): Finding[] {
  const edges = switched(uses)
  const allowed = givenTexts(uses, 'allow-public-ports').flatMap((text) => text.split(/[\s,]+/))
  return project.services
    .filter(({ name }) => !edges.includes(name))
    .flatMap(({ name, image, ports }) =>
      ports
        .filter(({ published: port, host_ip }) => isAny(host_ip) && !allowed.includes(port ?? '') && port !== '80' && port !== '443')
        .map((port) => {
          const program = databaseAt(port, image === undefined ? {} : { image })
          const mend = `Other services reach it as \`${name}:${port.target}\` without \`ports\`. For the host alone write \`127.0.0.1:${port.published ?? port.target}:${port.target}\`.`
          return program === undefined
            ? warn(`${name} publishes port ${port.published ?? port.target} on all addresses, past ufw`, mend)
            : fail(
                `${name} publishes port ${port.published ?? port.target} (${program}) on all addresses, past ufw: the deploy is refused (DA-PORT-PUBLIC)`,
                mend,
              )
        }),
    )
}
