import type { Workspace } from '@deploy-actions/compose'
import type { Log } from '@deploy-actions/kit'
import { readSource } from '@deploy-actions/plan'
import { readAppSpec, SPECS } from './app-spec.ts'
import { appWorkflows } from './app-workflows.ts'
import { type Ask, type Choices, choose, type Surroundings } from './choices.ts'
import { readComposeProject } from './compose-project.ts'
import { composeSetup } from './compose-setup.ts'
import { composeWorkflows } from './compose-workflows.ts'
import { dependabot } from './dependabot.ts'
import { envTemplate, type TemplateKey, templateKeys } from './env-template.ts'
import { appPlatformValues, composeValues, type EnvironmentValues } from './github-values.ts'
import { cloudInit, hostScript } from './host-script.ts'
import type { InitValues } from './init-inputs.ts'
import type { Random } from './made-secrets.ts'
import { secretsPage } from './secrets-page.ts'
import { tellInit } from './tell-init.ts'
import type { Files } from './workflows.ts'
import { type Folder, type WrittenFile, writeFiles } from './written-files.ts'

export interface InitPorts {
  readonly workspace: Workspace
  readonly folder: Folder
  readonly log: Log
  /** Undefined where nobody can answer. */
  readonly ask: Ask | undefined
  readonly random: Random
  /** The text of the set-up script. */
  readonly script: () => Promise<string>
  readonly about: Surroundings
}

/** What there is to write, and to tell besides. */
export interface Draft {
  readonly target: 'compose' | 'app-platform'
  readonly choices: Choices
  readonly files: Files
  readonly values: readonly EnvironmentValues[]
  readonly keys: readonly TemplateKey[]
  readonly notes: readonly string[]
}

/** Writes what a first deploy needs into a repository, and tells what to do next. */
export async function init(values: InitValues, ports: InitPorts): Promise<WrittenFile[]> {
  const target = await targetOf(values, ports)
  const draft = target === 'compose' ? await forCompose(values, ports) : await forAppPlatform(values, ports)
  // Somebody who has an update configuration under the other name keeps it.
  if ((await ports.folder.read('.github/dependabot.yaml')) !== undefined) draft.files.delete('.github/dependabot.yml')
  const written = await writeFiles(draft.files, ports.folder, values)
  tellInit(draft, written, values, ports)
  return written
}

async function targetOf({ target, composeFile }: InitValues, { workspace, ask }: InitPorts): Promise<'compose' | 'app-platform'> {
  if (target !== undefined) return target
  const hasSpec = (await Promise.all(SPECS.map((path) => workspace.stat(path)))).some((found) => found !== undefined)
  if (!hasSpec || composeFile.length > 0) return 'compose'
  const answer = await ask?.('There is an app spec: deploy to `app-platform` or `compose`?', 'app-platform')
  return answer === 'compose' ? 'compose' : 'app-platform'
}

async function forCompose(values: InitValues, ports: InitPorts): Promise<Draft> {
  const { workspace, ask } = ports
  const project = await readComposeProject(workspace, values.composeFile)
  const choices = await choose(values, ports.about, ask, true)
  const source = await readSource({
    workspace,
    composeFile: project.files,
    files: [],
    profiles: [],
    projectName: undefined,
    app: choices.app,
    values: new Map(),
  })
  const setup = await composeSetup({ project, values, ask, absentEnvFiles: source.absentEnvFiles })
  const keys = templateKeys(project.variables, values.generate)
  const environments = composeValues(choices, setup)
  const script = hostScript(await ports.script(), choices)
  const files: Files = new Map([
    ...composeWorkflows(choices, setup),
    ...(setup.template === undefined ? [] : [[setup.template, envTemplate(keys)] as const]),
    [
      '.github/dependabot.yml',
      dependabot(
        setup.images.map(({ context }) => context),
        true,
      ),
    ],
    ['docs/deploy-secrets.md', secretsPage(choices, environments)],
    ['deploy/setup-host.sh', script],
    ['deploy/cloud-init.yml', cloudInit(script)],
  ])
  const refused = source.refusals.map(({ message }) => `a deploy would be refused: ${message}`)
  const proxy =
    setup.proxy === undefined
      ? []
      : [`${setup.proxy} has the ports of the web and stays in front: no routes are set. See docs/guide-own-proxy.md`]
  return { target: 'compose', choices, files, values: environments, keys, notes: [...setup.notes, ...proxy, ...refused] }
}

async function forAppPlatform(values: InitValues, ports: InitPorts): Promise<Draft> {
  const spec = await readAppSpec(ports.workspace)
  const choices = await choose(values, ports.about, ports.ask, false)
  const environments = appPlatformValues(choices, spec.name)
  const files: Files = new Map([
    ...appWorkflows(choices, spec, values.registry),
    [
      '.github/dependabot.yml',
      dependabot(
        spec.images.map(({ context }) => context),
        false,
      ),
    ],
    ['docs/deploy-secrets.md', secretsPage(choices, environments)],
  ])
  const bare =
    spec.images.some(({ image }) => image === undefined || image.startsWith('registry.digitalocean.com/')) &&
    !values.registry?.includes('/')
  const registry = bare
    ? [
        'which registry of your account is meant is not in the spec: give `--registry registry.digitalocean.com/<name>`, or write `image:` into the workflow',
      ]
    : []
  return { target: 'app-platform', choices, files, values: environments, keys: [], notes: [...spec.notes, ...registry] }
}
