import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { AppFolder } from './app-folder.ts'
import { inEachShell, type Shell } from './shells.ts'

// Several parts of a run in one session: the program is exchanged between them, the commands come through the same pipe.

let app: AppFolder
let folder: string
let child: ChildProcess | undefined
beforeEach(() => {
  app = new AppFolder()
  app.release('OLD').release('LIVE').history('OLD', 'LIVE').release('NEW').write({ lock: '', 'bin/release': '', 'switch/blue': '' })
  folder = mkdtempSync(join(tmpdir(), 'agent-parts-'))
})
afterEach(() => {
  child?.kill('SIGKILL')
  app.remove()
  rmSync(folder, { recursive: true, force: true })
})

/** Docker plays no part; a release is unhealthy when it is prepared anew, and red when a candidate was switched to. */
const FAKES = `
  docker_answers() { :; }
  find_edge() { :; }
  undo_release() { clear_journal; }
  unhealthy() { failure DA-HEALTH-TIMEOUT 'web is not healthy'; return 1; }
  prepare_release() { operation=$1 slot=green previous=$(current_release); use_release "$2"; write_journal prepare; unhealthy; }
  resume_candidate() { read_journal; event prepared; }
  verify_release() { failure DA-VERIFY-FAILED 'it answers 500'; return 1; }
`
const CANDIDATE =
  'phase=prepared\noperation=deploy\nrelease=NEW\nslot=green\nprevious=LIVE\nverified=no\nhosts=1\nheld_by=-\nheld_until=9999999999\n'

inEachShell((shell) => {
  test.each([
    ['an unhealthy release', 'deploy', 'prepare deploy NEW', 'aborted'],
    ['a candidate that is red when it serves', 'candidate', 'resume', 'reverted'],
    ['a way back that is unhealthy', 'deploy', 'prepare rollback OLD', 'aborted'],
  ])('%s: the next part hears nothing of what was sent ahead, and what is live stays', async (_what, mode, command, status) => {
    if (mode === 'candidate') app.write({ journal: CANDIDATE })
    const before = app.read('log.jsonl')
    const session = start(shell, mode)
    await session.hear('= locked')
    session.say('stay', command, 'switch', 'commit')
    await session.hear(`= settled status=${status}`)
    await session.hear('= locked', 2)
    // Still on its way when the new part was ready.
    session.say('switch', 'commit', 'part', 'outcome LIVE')
    expect(await session.hear('= outcome')).toBe('= outcome release=LIVE state=live slot=blue')
    session.say('leave')
    expect(await session.over).toBe(0)
    expect(readlinkSync(join(app.path, 'current'))).toBe('releases/LIVE')
    expect(live(app.read('log.jsonl'))).toEqual(live(before))
    expect(session.said.filter((line) => line.startsWith('= settled'))).toEqual([`= settled status=${status}`])
  })

  test.each(['hold - 60', 'switch', 'watch 1', 'confirm', 'commit'])(
    '%s with nothing prepared is refused, and nothing is touched',
    async (command) => {
      const before = app.read('log.jsonl')
      const session = start(shell, 'deploy')
      await session.hear('= locked')
      session.say(command)
      expect(await session.hear('! ')).toMatch(/^! DA-AGENT-PROTOCOL /)
      expect(await session.over).toBe(1)
      expect([readlinkSync(join(app.path, 'current')), app.read('log.jsonl')]).toEqual(['releases/LIVE', before])
    },
  )

  test('a run that is over before the next part began leaves', async () => {
    const session = start(shell, 'deploy')
    await session.hear('= locked')
    session.say('stay', 'prepare deploy NEW', 'switch', 'commit', 'leave')
    expect(await session.over).toBe(0)
    expect(readlinkSync(join(app.path, 'current'))).toBe('releases/LIVE')
  })

  test('a run that is told to stop before the next part began settles', async () => {
    const session = start(shell, 'deploy')
    await session.hear('= locked')
    session.say('stay', 'quit')
    await session.hear('= locked', 2)
    session.say('cancel')
    expect(await session.over).toBe(0)
    expect(session.said.slice(-2)).toEqual(['! DA-CANCELLED the run was stopped (cancel)', '= settled status=aborted'])
  })
})

const live = (log: string) => log.split('\n').filter((line) => line.includes('"event":"live"'))

function start(shell: Shell, mode: string) {
  const agent = join(folder, 'release')
  const parts = readFileSync(shell.env.PARTS as string, 'utf8').replaceAll('exec /bin/sh', `exec ${shell.path}`)
  writeFileSync(agent, `${parts}${FAKES}main "$@"\n`)
  const env = { ...shell.env, TMPDIR: folder }
  const process = spawn(shell.path, [agent, 'session', mode, app.path, '60', 'a run'], { env, stdio: ['pipe', 'pipe', 'ignore'] })
  child = process
  const said: string[] = []
  const lines = createInterface(process.stdout)
  lines.on('line', (line) => said.push(line))
  const over = once(process, 'close').then(([code]) => code as number | null)
  return {
    ...{ said, over },
    say: (...words: string[]) => process.stdin.write(words.map((word) => `${word}\n`).join('')),
    /** The so manieth line that begins like this. */
    async hear(begin: string, which = 1): Promise<string> {
      for (;;) {
        const found = said.filter((line) => line.startsWith(begin))[which - 1]
        if (found !== undefined) return found
        if (await Promise.race([once(lines, 'line').then(() => false), over.then(() => true)]))
          if (said.filter((line) => line.startsWith(begin)).length < which) throw new Error(`it ended, and said:\n${said.join('\n')}`)
      }
    },
  }
}
