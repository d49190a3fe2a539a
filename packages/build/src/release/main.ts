import { appendFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { checkRelease } from './check-release.ts'
import { gitIn } from './git.ts'
import { moveMajorTag, setVersionTag } from './set-tags.ts'
import { parseVersion } from './version.ts'

// What .github/workflows/release.yml runs, on Node 24. It imports nothing but Node's own modules, so that the job that may write tags needs no `npm ci`.

const USAGE = 'Usage: main.ts check VERSION [NOTES_FILE] | tag VERSION | move-major VERSION'
const root = fileURLToPath(new URL('../../../..', import.meta.url))
const git = gitIn(root)

const commands: Readonly<Record<string, (version: string, file?: string) => void>> = {
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

const [name = '', version, file] = process.argv.slice(2)
const command = commands[name]
if (command === undefined || version === undefined) {
  console.error(USAGE)
  process.exitCode = 2
} else {
  try {
    command(version, file)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
