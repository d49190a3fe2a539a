import { readYaml, type Workspace } from '@deploy-actions/compose'
import { messageOf } from '@deploy-actions/kit'
import { type Finding, fail } from './finding.ts'

/** A step or job of a workflow that uses one of our actions or workflows. */
export interface Use {
  readonly workflow: string
  /** `deploy-compose-ssh`, or `.github/workflows/promote.yml`; of the repository itself, which is the whole release in one step, `release-compose-ssh`. */
  readonly name: string
  readonly owner: string
  readonly ref: string
  readonly given: Readonly<Record<string, unknown>>
}

export interface Used {
  readonly uses: readonly Use[]
  /** Texts of the workflows, by path. */
  readonly texts: ReadonlyMap<string, string>
  readonly broken: readonly Finding[]
}

const FOLDER = '.github/workflows'

/** Every use of ours in the workflows of a repository. @param own `owner/name` of a copy that has another name than ours */
export async function usedWorkflows(workspace: Workspace, own: string | undefined): Promise<Used> {
  const names = await workspace.list(FOLDER).catch(() => [])
  const texts = new Map<string, string>()
  const uses: Use[] = []
  const broken: Finding[] = []
  for (const name of names.filter((one) => /\.ya?ml$/.test(one)).sort()) {
    const workflow = `${FOLDER}/${name}`
    const text = (await workspace.read(workflow))?.toString('utf8') ?? ''
    texts.set(workflow, text)
    try {
      uses.push(...readYaml(text).flatMap((document) => usesIn(document, { workflow, own })))
    } catch (error) {
      broken.push(fail(`${workflow} is no YAML: ${messageOf(error).split('\n')[0]}`, 'Mend that line.'))
    }
  }
  return { uses, texts, broken }
}

interface Place {
  readonly workflow: string
  readonly own: string | undefined
}

function usesIn(node: unknown, place: Place): Use[] {
  if (Array.isArray(node)) return node.flatMap((one) => usesIn(one, place))
  if (node === null || typeof node !== 'object') return []
  const { uses, with: given } = node as { uses?: unknown; with?: Record<string, unknown> }
  const inside = Object.values(node).flatMap((one) => usesIn(one, place))
  const use = typeof uses === 'string' ? oursIn(uses, given ?? {}, place) : undefined
  return use === undefined ? inside : [use, ...inside]
}

/** `acme/deploy-actions/smoke-test@v1`, or `acme/deploy-actions@v1`. */
function oursIn(uses: string, given: Use['given'], { workflow, own }: Place): Use | undefined {
  const [, owner = '', repository = '', name = 'release-compose-ssh', ref] = /^([^/]+)\/([^/@]+)(?:\/([^@]+))?@(.+)$/.exec(uses) ?? []
  const ours = repository.toLowerCase() === 'deploy-actions' || `${owner}/${repository}`.toLowerCase() === own?.toLowerCase()
  return ref === undefined || !ours ? undefined : { workflow, owner, name, ref, given }
}

/** The environments that a repository deploys to, in their order. */
export function environmentsIn(uses: readonly Use[]): string[] {
  const pipelines = uses.filter(({ name }) => /\/pipeline-[a-z-]+\.yml$/.test(name))
  const named = pipelines.flatMap(({ given }) => [given.staging ?? 'staging', given.production ?? 'production'])
  const texts = named.length > 0 ? named.filter((one) => typeof one === 'string' && one !== '') : givenTexts(uses, 'environment')
  return texts.length === 0 ? ['production'] : [...new Set(texts as string[])]
}

/** The texts of one input in all uses, without those that are expressions. */
export const givenTexts = (uses: readonly Use[], input: string): string[] =>
  uses.flatMap(({ given }) => {
    const value = given[input]
    return typeof value === 'string' && value !== '' && !value.includes('${{') ? [value] : []
  })

export const linesOf = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
