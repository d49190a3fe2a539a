import { DOCR } from '@deploy-actions/digitalocean'
import { Mistake, type Problem, UserError } from '@deploy-actions/kit'
import { digestAtEnd, parseBuildRecord } from '@deploy-actions/release'
import { type WantedImage, wantedImages } from './image-list.ts'
import { imageName } from './image-name.ts'
import type { BuildInputs } from './inputs.ts'
import { looksSecret } from './secret-names.ts'

export interface Surroundings {
  readonly repository: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Rules across inputs; everything that can be known before anything is asked. */
export function check(values: Partial<BuildInputs>, about: Surroundings): Problem[] {
  return [
    ...secretProblems(values, about),
    ...phaseProblems(values),
    ...loginProblems(values),
    ...cleanupProblems(values, about),
    ...protectProblems(values),
    ...imageProblems(values, about),
  ]
}

function imageProblems(values: Partial<BuildInputs>, about: Surroundings): Problem[] {
  if (values.registry === undefined) return []
  try {
    const images = wantedImages(values as BuildInputs, 'app')
    const inputs = values as BuildInputs
    const names = namesOf(images, inputs, about)
    return [...images.flatMap((image) => problemsOf(image, inputs, about)), ...twice(names), ...garbageElsewhere(names, inputs)]
  } catch (error) {
    if (error instanceof UserError && error.code === 'DA-INPUT-INVALID')
      return [{ input: 'images', rule: error.message.replace(/^input `images` /, '') }]
    throw error
  }
}

function problemsOf(image: WantedImage, inputs: BuildInputs, { repository }: Surroundings): Problem[] {
  const problems: Problem[] = []
  const say = (input: string, rule: string, fix?: string, code?: Problem['code']) =>
    problems.push({
      input: image.listed ? 'images' : input,
      rule: image.listed ? `has the image "${image.name}", whose \`${input}\` ${rule}` : rule,
      fix,
      code,
    })
  try {
    imageName(image, { registry: inputs.registry, repository })
  } catch (error) {
    if (!(error instanceof Mistake)) throw error
    say('image', error.message, error.fix)
  }
  const secret = [...(image.buildArgs?.keys() ?? [])].filter(looksSecret)
  if (secret.length > 0)
    say(
      'build-args',
      `has ${secret.join(', ')}, which ${secret.length === 1 ? 'looks like a secret' : 'look like secrets'}: build arguments stand in the image and its provenance`,
      'Mount it: `RUN --mount=type=secret,id=…` in the Dockerfile, and `secrets` here.',
      'DA-BUILD-ARG-SECRET',
    )
  if (image.file !== undefined && image.dockerfile !== undefined) say('dockerfile', 'and `file` are both given', 'Give one of them.')
  if (image.load && (image.platforms?.length ?? 0) > 1)
    say('load', 'is true with several platforms, which an engine cannot hold', 'Leave it out.')
  if (!inputs.push && (image.platforms?.length ?? 0) > 1 && image.verify !== 'off')
    say('platforms', 'has several platforms with `push: false`: nothing could be started', 'Give one, or `verify: off`.')
  const odd = image.extraArgs?.find(
    (one) => !one.startsWith('-') || /^(?:-t|--tag|--push|-o|--output|--metadata-file|--progress|--builder|--load)(?:=|$)/.test(one),
  )
  if (odd !== undefined)
    say(
      'extra-args',
      `has "${odd}"`,
      odd.startsWith('-') ? 'This action sets it itself; use its input.' : 'Write the value behind `=`: `--name=value`.',
    )
  return problems
}

/** Of the images that have a right one. */
function namesOf(images: readonly WantedImage[], { registry }: BuildInputs, { repository }: Surroundings): string[] {
  return images.flatMap((image) => {
    try {
      const name = imageName(image, { registry, repository })
      return [`${name.registry}/${name.repository}${image.variant === undefined ? '' : ` (${image.variant})`}`]
    } catch {
      return []
    }
  })
}

function twice(names: readonly string[]): Problem[] {
  const same = names.find((name, at) => names.indexOf(name) !== at)
  if (same === undefined) return []
  return [
    { input: 'images', rule: `gives two images the name ${same}: they would take each other's tags`, fix: 'Set `image` in one of them.' },
  ]
}

/** It would collect nothing, and be green. */
function garbageElsewhere(names: readonly string[], { collectGarbage }: BuildInputs): Problem[] {
  if (collectGarbage !== true || names.length === 0 || names.some((name) => name.startsWith(`${DOCR}/`))) return []
  return [
    {
      input: 'collect-garbage',
      rule: `is set, and no image is at ${DOCR}: ${names.join(', ')}`,
      fix: 'Other registries free the space by themselves: leave it out.',
    },
  ]
}

function secretProblems({ secrets, secretEnvs, secretFiles }: Partial<BuildInputs>, { env }: Surroundings): Problem[] {
  const problems: Problem[] = []
  const missing = [...(secretEnvs ?? [])].filter(([, name]) => (env[name] ?? '') === '').map(([, name]) => name)
  if (missing.length > 0)
    problems.push({
      input: 'secret-envs',
      rule: `names ${missing.join(', ')}, which this step does not have, or has empty`,
      fix: 'Add each under `env:` of the step; GitHub makes a secret empty that does not exist.',
      code: 'DA-ENV-KEY-MISSING',
    })
  const ids = [...(secrets?.keys() ?? []), ...(secretEnvs?.keys() ?? []), ...(secretFiles?.keys() ?? [])]
  const again = ids.find((id, at) => ids.indexOf(id) !== at)
  if (again !== undefined)
    problems.push({ input: 'secret-envs', rule: `and another input both give the secret \`${again}\``, fix: 'Give each id once.' })
  return problems
}

function phaseProblems({ phase, push, platforms, images }: Partial<BuildInputs>): Problem[] {
  const problems: Problem[] = []
  if (phase !== undefined && phase !== 'all' && push === false)
    problems.push({
      input: 'push',
      rule: `is false with \`phase: ${phase}\`, which only works through the registry`,
      fix: 'Leave one of them out.',
    })
  if (phase === 'build' && images === undefined && platforms?.length !== 1)
    problems.push({
      input: 'platforms',
      rule: 'must name exactly one platform with `phase: build`',
      fix: 'Write `platforms: ${{ matrix.platform }}`.',
    })
  return problems
}

/** The workflow's own token is for ghcr.io alone; a login without a password is none. */
function loginProblems({ registry, username, password, githubToken, digitaloceanToken, push }: Partial<BuildInputs>): Problem[] {
  const problems: Problem[] = []
  if (username !== undefined && password === undefined && (registry !== 'ghcr.io' || githubToken === undefined))
    problems.push({
      input: 'password',
      rule: 'is empty, although `username` is given',
      fix: 'GitHub makes a secret empty that has another name, belongs to another environment, or is not for this run (a pull request from a fork: set `push: false`).',
    })
  if (registry === DOCR && username === undefined && push !== false && password === undefined && digitaloceanToken === undefined)
    problems.push({
      input: 'digitalocean-token',
      rule: `is required to push to ${DOCR}`,
      fix: 'Give an API token with the scopes `registry:read` and `registry:update`.',
    })
  return problems
}

function cleanupProblems(values: Partial<BuildInputs>, { repository }: Surroundings): Problem[] {
  const { phase, cleanup, cleanupDeployments = 0, githubToken, dryRun, collectGarbage, digitaloceanToken } = values
  const problems: Problem[] = []
  if (phase === 'cleanup' && cleanup === 'off')
    problems.push({
      input: 'cleanup',
      rule: 'is off with `phase: cleanup`',
      fix: 'Write `cleanup: plan` to look at it first, then `apply`.',
    })
  if (collectGarbage === true && (phase !== 'cleanup' || cleanup !== 'apply'))
    problems.push({
      input: 'collect-garbage',
      rule: 'is set, and the registry takes no push while it collects',
      fix: 'Do it in a job of its own, with `phase: cleanup` and `cleanup: apply`.',
    })
  if (collectGarbage === true && (digitaloceanToken === undefined || githubToken === undefined || repository === undefined))
    problems.push({
      input: 'collect-garbage',
      rule: 'needs `digitalocean-token`, and `github-token` of a repository at GitHub to see which runs are in progress',
      fix: 'Give both, with `actions: read` under `permissions:`.',
    })
  if (phase === 'cleanup' && dryRun === true)
    problems.push({ input: 'dry-run', rule: 'is set with `phase: cleanup`', fix: '`cleanup: plan` is what shows and deletes nothing.' })
  if (cleanup !== undefined && cleanup !== 'off' && cleanupDeployments > 0 && (githubToken === undefined || repository === undefined))
    problems.push({
      input: 'cleanup-deployments',
      rule: 'needs `github-token` and a repository at GitHub, which has the deployments',
      fix: 'Set it to 0, and name in `cleanup-protect` what is deployed.',
    })
  return problems
}

function protectProblems({ cleanupProtect = [] }: Partial<BuildInputs>): Problem[] {
  return cleanupProtect.flatMap((line): Problem[] => {
    if (digestAtEnd(line) !== undefined) return []
    try {
      parseBuildRecord(line)
      return []
    } catch {
      return [
        {
          input: 'cleanup-protect',
          rule: `has a line that is neither a digest nor a build record: "${line.slice(0, 60)}"`,
          fix: 'An empty output of a deploy may stand behind it: nothing is deleted then.',
        },
      ]
    }
  })
}
