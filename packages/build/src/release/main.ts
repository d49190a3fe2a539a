import { appendFileSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkRelease } from './check-release.ts'
import { gitIn } from './git.ts'
import { bundledOnly } from './sbom.ts'
import { moveMajorTag, setVersionTag } from './set-tags.ts'
import { parseVersion } from './version.ts'

// What .github/workflows/release.yml runs, on Node 24. It imports nothing but Node's own modules, so that the job that may write tags needs no `npm ci`.

const USAGE = 'Usage: main.ts check VERSION [NOTES_FILE] | tag VERSION | move-major VERSION | sbom FILE'
const root = fileURLToPath(new URL('../../../..', import.meta.url))
const git = gitIn(root)

const commands: Readonly<Record<string, (given: string, file?: string) => void>> = {
  check: (given, file) => {
    const { version, commit, notes } = checkRelease(root, given, git)
    if (file !== undefined) writeFileSync(file, `${notes}\n`)
    const outputs = { version: version.text, tag: version.tag, 'major-tag': version.majorTag, commit }
    for (const [name, value] of Object.entries(outputs)) {
      console.log(`${name}=${value}`)
      if (process.env.GITHUB_OUTPUT) appendFileSync(process.env.GITHUB_OUTPUT, `${name}=${value}\n`)
    }
  },
  tag: (given) => {
    const { version, commit } = checkRelease(root, given, git)
    console.log(`${version.tag}: ${setVersionTag(version, commit, git)} (${commit})`)
  },
  sbom: (file) => {
    const licences = globSync('dist/*/licenses.txt', { cwd: root }).map((path) => readFileSync(join(root, path), 'utf8'))
    writeFileSync(file, `${JSON.stringify(bundledOnly(JSON.parse(readFileSync(file, 'utf8')), licences), null, 2)}\n`)
  },
  'move-major': (given) => {
    const version = parseVersion(given)
    const moved = moveMajorTag(version, git)
    console.log(
      typeof moved === 'string'
        ? `${version.majorTag}: ${moved}`
        : `${version.majorTag} stays: ${moved.newer} is newer than ${version.tag}`,
    )
  },
}

const [name = '', given, file] = process.argv.slice(2)
const command = commands[name]
if (command === undefined || given === undefined) {
  console.error(USAGE)
  process.exitCode = 2
} else {
  try {
    command(given, file)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
