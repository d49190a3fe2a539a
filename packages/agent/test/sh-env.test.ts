import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeEnvFile, type Format, formats, spellingOf, whyUnwritable } from '@deploy-actions/dotenv'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { envHash, readEnvFileState } from '../src/env-files.ts'
import { inEachShell } from './shells.ts'

const KEY = 'c0ffee'.repeat(10)
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agent-env-'))
  for (const made of ['run/env/set', 'app/env']) mkdirSync(join(folder, made), { recursive: true })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const PIECES = ['a', '\n', "'", '"', '`', '\\', '$', '#', ' #', ' ', '\t', '=', '\r', 'é', '${A}', '\\n']

/** The same ones each time. */
function values(count: number): string[] {
  let state = 77
  const next = (limit: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor(state / 65_536) % limit
  }
  return Array.from({ length: count }, () => Array.from({ length: next(7) }, () => PIECES[next(PIECES.length)]).join(''))
}

/** The comment that dotenv needs behind some values stands behind the value for the host. */
const asHostSees = (spelling: string) => spelling.replace(/ # ['"`]-$/, '')

inEachShell((shell) => {
  interface Given {
    readonly format: Format
    readonly text: string
    readonly set?: Readonly<Record<string, string>>
    readonly drop?: readonly string[]
  }
  const play = ({ format, text, set = {}, drop = [] }: Given) => {
    const at = (path: string) => join(folder, path)
    writeFileSync(at('app/env/a.env'), text)
    writeFileSync(at('run/env/key'), KEY)
    writeFileSync(at('run/env/names'), '')
    writeFileSync(at('run/env/request'), `path=${at('app/env/a.env')}\nformat=${format}\nmode=600\nowner=\nkeep=2\n`)
    const lines = [...Object.keys(set).map((name, number) => `set\t${name}\t${number}\n`), ...drop.map((name) => `drop\t${name}\n`)]
    writeFileSync(at('run/env/changes'), lines.join(''))
    for (const [number, [name, spelling]] of Object.entries(set).entries()) {
      writeFileSync(at(`run/env/set/${number}`), spelling)
      writeFileSync(at(`run/env/set/${number}.name`), format === 'json' ? `  "${name}": ` : `${name}=`)
    }
    const code = `in_session=yes nonce=abcdefgh run=${at('run')} app_dir=${at('app')}; env_look; env_stage >/dev/null; env_write alone >/dev/null`
    const { stdout, stderr, status } = shell.run(code)
    const state = readEnvFileState(
      stdout
        .split('\n')
        .filter((line) => line.startsWith('| '))
        .map((line) => line.slice(2)),
    )
    return { state, written: readFileSync(at('app/env/a.env'), 'utf8'), stderr, status }
  }

  test.each(formats)('%s: the host tells apart every value that we write, and puts the file together as it was', (format) => {
    const all = values(60).map((value, number) => [`V${number}`, value] as const)
    const writable = new Map(all.filter(([name, value]) => whyUnwritable(format, name, value) === undefined))
    const text = encodeEnvFile(format, writable)
    const { state, written, stderr } = play({ format, text })
    expect([stderr, state.odd]).toEqual(['', undefined])
    const expected = [...writable].map(([name, value]) => ({
      name,
      hash: envHash(KEY, name, asHostSees(spellingOf(format, name, value) ?? '')),
    }))
    expect(state.assignments).toEqual(expected)
    expect(written).toBe(text)
  })

  test.each<[Format, string, string]>([
    ['compose', '# head\n\nexport A = "1\n2"  # note\nB: x # y\n  OLD=z', '# head\n\nexport A = NEW  # note\nB: x # y\nC=NEW\n'],
    ['dotenv', '\uFEFFA=`1`#n\nB= x #y\nOLD="a\nb"\n', '\uFEFFA=NEW#n\nB= x #y\nC=NEW\n'],
    ['python-dotenv', "A='it\\'s' # n\nB=x#y  # z\nOLD\nOLD=1\n", 'A=NEW # n\nB=x#y  # z\nOLD\nC=NEW\n'],
    ['docker', '#A=0\nA= x # y \nB=\nOLD=1\r\n', '#A=0\nA=NEW\nB=\nC=NEW\n'],
    ['systemd', '; c\nA= "x" y\\\n z\nB=a\\ b\nOLD=\'1\n2\'\n', '; c\nA= NEW\nB=a\\ b\nC=NEW\n'],
    ['shell', '#!/bin/sh\nexport A=x\'y z\'"w"; \n', ''],
    ['shell', 'set -a\nexport A=x\'y z\'"w" # n\nB=1\nOLD="a\nb"\n. ./more\n', 'set -a\nexport A=NEW # n\nB=1\n. ./more\nC=NEW\n'],
    ['json', '{\n  "A": "x\\"y",\n  "B": "2",\n  "OLD": "3"\n}\n', '{\n  "A": NEW,\n  "B": "2",\n  "C": NEW\n}\n'],
    ['json', '{}', '{\n  "A": NEW,\n  "C": NEW\n}\n'],
    ['compose', 'A=1\r\nB=2\r\nOLD=3\r\nA=4\r\n', 'A=1\r\nB=2\r\nA=NEW\r\nC=NEW\n'],
  ])('%s: in %j one value is exchanged, one key appended, one removed', (format, text, expected) => {
    const { written, state } = play({ format, text, set: { A: 'NEW', C: 'NEW' }, drop: ['OLD'] })
    if (expected === '') expect(state.odd).toBe(2)
    else expect(written).toBe(expected)
  })

  const look = (path: string) => {
    writeFileSync(join(folder, 'run/env/request'), `path=${path}\nformat=compose\nmode=600\nowner=\nkeep=2\n`)
    return shell.run(`in_session=yes nonce=abcdefgh run=${folder}/run app_dir=${folder}/app; env_look`)
  }

  test.each(['nothing', 'no-folder/nothing'])('a link that leads to nothing is told, with where it leads: %s', (target) => {
    symlinkSync(target, join(folder, 'app/env/link.env'))
    const { stdout, status } = look('env/link.env')
    expect(stdout).toContain(`DA-ENV-PATH ${folder}/app/env/link.env is a link to ${target}, where there is nothing`)
    expect(status).toBe(1)
  })

  test('which variables of running services come from the file is told by the values that it has or had; what another line of the Compose file gives is not', () => {
    const at = (path: string) => join(folder, path)
    for (const made of ['app/backups/env', 'app/releases/R/env', 'app/switch']) mkdirSync(at(made), { recursive: true })
    for (const [path, text] of [
      ['app/releases/R/settings', 'id=R\napp=shop\nproject=shop\n'],
      ['app/releases/R/services.tsv', ''],
      ['app/releases/R/env/web.env', 'A=1\n'],
      ['app/switch/blue', ''],
      ['app/env/a.env', 'A=2\nB=<b>\n'],
      ['app/backups/env/env%a.env.20260101T000000Z-aaaaaaaa', 'A=1\n'],
      ['run/env/key', KEY],
      ['run/env/names', 'A\nB\nC\n'],
      // As Compose writes it, of the file and of its copy.
      [
        'compose.json',
        '{\n  "services": {\n    "o1": {\n      "environment": {\n        "A": "2",\n        "B": "\\u003cb\\u003e $$x"\n      },\n      "image": "x"\n    },\n    "o2": {\n      "environment": {\n        "A": "1"\n      }\n    }\n  }\n}\n',
      ],
      ['inspected', 'web-blue\nweb-blue "PATH=/bin"\nweb-blue "A=1"\nweb-blue "B=<b> $x"\nweb-blue "C=9"\n\nworker\nworker "A=1"\n\n'],
    ] as const)
      writeFileSync(at(path), text)
    symlinkSync('releases/R', at('app/current'))
    writeFileSync(at('run/env/request'), 'path=env/a.env\nformat=compose\nmode=600\nowner=\nkeep=2\napply=yes\n')
    const docker = `docker() { case "$1 $2" in 'inspect -f') cat ${at('inspected')} ;; 'compose --env-file') cat ${at('compose.json')} ;; esac; }; running_of() { printf 'id\\n'; }`
    const { stdout } = shell.run(`${docker}; in_session=yes nonce=abcdefgh run=${at('run')} app_dir=${at('app')}; env_look`)
    const { origins } = readEnvFileState(
      stdout
        .split('\n')
        .filter((line) => line.startsWith('| '))
        .map((line) => line.slice(2)),
    )
    expect(origins).toEqual([
      { service: 'web-blue', of: 'web', name: 'A' },
      { service: 'web-blue', of: 'web', name: 'B' },
    ])
    expect(
      readFileSync(at('run/env/origins.yaml'), 'utf8')
        .split('\n')
        .filter((line) => line !== ''),
    ).toHaveLength(3)
  })

  test('a copy of a release gets the new lines in place of its own', () => {
    const at = (path: string) => join(folder, path)
    mkdirSync(at('app/releases/N/env'), { recursive: true })
    mkdirSync(at('run/env/apply'), { recursive: true })
    writeFileSync(at('app/releases/N/env/web.env'), "A=1\nAB=2\nA.B=3\nRELEASE_ID='N'\n")
    writeFileSync(at('app/releases/N/env/api.env'), 'A=1\n')
    writeFileSync(at('run/env/apply/web.env'), "A='new $one'\nA.B=4\nC=5\n")
    writeFileSync(at('run/env/apply/web.env.names'), 'A|A[.]B|C')
    shell.run(`in_session=yes run=${at('run')} app_dir=${at('app')}; env_apply N`)
    expect(readFileSync(at('app/releases/N/env/web.env'), 'utf8')).toBe("AB=2\nRELEASE_ID='N'\nA='new $one'\nA.B=4\nC=5\n")
    expect(readFileSync(at('app/releases/N/env/api.env'), 'utf8')).toBe('A=1\n')
  })

  test('a folder in the place of the file is told as that', () => {
    const { stdout, status } = look('env')
    expect(stdout).toContain(`DA-ENV-PATH ${folder}/app/env is a folder: \`path\` has to name the file in it`)
    expect(status).toBe(1)
  })

  test('only so many copies of the file before are kept, and those of a file of the same name in another folder stay', () => {
    for (const name of ['20260101T000000Z-aaaaaaaa', '20260102T000000Z-bbbbbbbb', '20260103T000000Z-cccccccc']) {
      mkdirSync(join(folder, 'app/backups/env'), { recursive: true })
      writeFileSync(join(folder, `app/backups/env/env%a.env.${name}`), '')
      writeFileSync(join(folder, `app/backups/env/other%a.env.${name}`), '')
    }
    play({ format: 'compose', text: 'A=1\n', set: { A: '2' } })
    const { stdout } = shell.run(`cd ${folder}/app/backups/env && ls`)
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.replace(/T.*/, '')),
    ).toEqual([
      'env%a.env.20260103',
      expect.stringMatching(/^env%a\.env\.20/),
      ...['other%a.env.20260101', 'other%a.env.20260102', 'other%a.env.20260103'],
    ])
  })
})
