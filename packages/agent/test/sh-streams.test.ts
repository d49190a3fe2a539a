import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { AppFolder } from './app-folder.ts'
import { inEachShell } from './shells.ts'

let app: AppFolder
beforeEach(() => {
  app = new AppFolder()
  app.release('R', { edge_image: 'caddy:2' }).write({ 'edge/config/Caddyfile': '', 'run/x': '', done: '' })
})
afterEach(() => app.remove())

inEachShell((shell) => {
  const run = (code: string, takesIt: boolean) =>
    shell.run(
      `app_dir=$APP run=$APP/run; use_release R
       docker() { echo "$*" | head -n 1 >>"$APP/done"; ${takesIt}; }
       ${code}`,
      { APP: app.path },
    )
  const option = () => (existsSync(join(app.path, 'edge/config/stream-options')) ? app.read('edge/config/stream-options') : '')

  test('a Caddy that can wait with closing WebSockets is told to', () => {
    expect(run('streams_are_settled', true)).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(option()).toBe('stream_close_delay 24h\n')
    expect(app.read('done')).toMatch(/^run --rm --pull never --network none caddy:2 sh -c printf /)
  })

  test('one that cannot is not, also where a newer one stood before: it would refuse its configuration', () => {
    app.write({ 'edge/config/stream-options': 'stream_close_delay 24h\n' })
    expect(run('streams_are_settled', false).status).toBe(0)
    expect(option()).toBe('')
  })

  test('asked beside other work, it is asked once', () => {
    run('begin_asking; streams_are_settled', true)
    expect(app.read('done').split('\n')).toHaveLength(2)
  })
})
