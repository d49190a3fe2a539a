import { type Destination, edgeCaddyfile } from '@deploy-actions/compose'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { AppFolder } from './app-folder.ts'
import { inEachShell } from './shells.ts'

let app: AppFolder
beforeEach(() => {
  app = new AppFolder()
})
afterEach(() => app.remove())

/** `web:8000` for each switched service and container port; the first one is served at port 80. */
function caddyfile(...ports: readonly string[]): string {
  const inside = ports.map((one) => ({ service: one.split(':')[0] as string, target: Number(one.split(':')[1]) })) as [Destination]
  const edge = { inside, doors: [{ listen: 10_080, published: '80', rules: [inside[0]] }], sites: [], refusals: [] }
  return edgeCaddyfile({ project: 'shop', edge, trustedProxies: [] })
}

/** What a Caddyfile dials for each slot, and the ports at which it listens. */
function dialled(text: string) {
  const all = (pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map(([, found]) => found as string))]
  return { dials: all(/reverse_proxy shop-(\S+) \{/g), listens: all(/^http:\/\/:(\d+) \{/gm) }
}

inEachShell((shell) => {
  /** The configuration with which `release` goes into green, while `live` serves in blue. */
  const configuration = (live: readonly string[], release: readonly string[]) => {
    app
      .release('LIVE')
      .release('NEW')
      .write({
        'releases/LIVE/Caddyfile': caddyfile(...live),
        'releases/NEW/Caddyfile': caddyfile(...release),
        'edge/candidate': 's3cret',
      })
    const { stdout, stderr } = shell.run('app_dir=$APP run=$APP previous=LIVE slot=green; use_release NEW; edge_configuration', {
      APP: app.path,
    })
    expect(stderr).toBe('')
    return stdout
  }

  test('without a changed port it is what the release says, with the secret of the candidate', () => {
    const text = caddyfile('web:8000', 'api:9000')
    expect(configuration(['web:8000', 'api:9000'], ['web:8000', 'api:9000'])).toBe(text.replaceAll('@CANDIDATE@', 's3cret'))
  })

  test('each slot is dialled at the ports of the release that lives there, and the old port goes on being answered', () => {
    const text = configuration(['web:8000', 'api:9000'], ['web:8080', 'api:9000'])
    const web = ['web-blue-stream:8000', 'web-blue:8000', 'web-green-stream:8080', 'web-green:8080']
    const api = ['api-blue-stream:9000', 'api-blue:9000', 'api-green-stream:9000', 'api-green:9000']
    expect(dialled(text).dials.sort()).toEqual([...api, ...web])
    expect(dialled(text).listens).toEqual(['8080', '9000', '10080', '2020', '8000'])
    expect(text).toMatch(/\nhttp:\/\/:8000 \{\n\timport slots\n\timport web-8080-inside\n\}\n$/)
  })

  describe('ports of', () => {
    test.each<[string, string[], string[], string[], string[]]>([
      ['two, one of which moves', ['web:8000', 'web:8081'], ['web:8081', 'web:9000'], ['8000', '8081'], ['8000']],
      ['two, both of which move', ['web:8000', 'web:10000'], ['web:9000', 'web:9001'], ['10000', '8000'], ['8000', '10000']],
      ['one, to which a second one comes', ['web:8000'], ['web:8000', 'web:9000'], ['8000'], []],
      ['one, in whose place come two', ['web:8000'], ['web:9000', 'web:9001'], ['8000'], ['8000']],
      ['one that another service takes over', ['web:8000'], ['web:9000', 'api:8000'], ['8000'], []],
      ['a release before, which had no such service', ['api:9000'], ['api:9000', 'web:8000'], ['8000'], []],
    ])('%s', (_what, live, release, blue, kept) => {
      const text = configuration(live, release)
      const { dials, listens } = dialled(text)
      const ofBlue = dials.flatMap((one) => (one.startsWith('web-blue:') ? [one.split(':')[1] as string] : []))
      expect(ofBlue.sort()).toEqual(blue)
      expect(listens.slice(dialled(caddyfile(...release)).listens.length)).toEqual(kept)
    })
  })

  test('a first release has nothing beside it', () => {
    app.release('NEW').write({ 'releases/NEW/Caddyfile': caddyfile('web:8000'), 'edge/candidate': 's3cret' })
    expect(shell.run('app_dir=$APP run=$APP slot=blue; use_release NEW; edge_configuration', { APP: app.path })).toEqual({
      status: 0,
      stdout: caddyfile('web:8000').replaceAll('@CANDIDATE@', 's3cret'),
      stderr: '',
    })
  })

  describe('a configuration that Caddy refuses', () => {
    const LOAD = '{"level":"info","msg":"using provided configuration"}\n'
    /** What is told when Caddy has these words, for an edge that runs or one that has just been made. */
    const told = (way: 'stage_configuration' | 'await_edge', words: string) => {
      app.release('NEW').write({ Caddyfile: 'new', 'edge/config/Caddyfile': 'old', words: `${LOAD}${words}\n` })
      const docker = 'docker() { case $1 in exec) cat "$APP/words"; return 1 ;; logs) cat "$APP/words" ;; *) echo caddy:2.6 ;; esac; }'
      const { stdout, stderr } = shell.run(`${docker}; app_dir=$APP run=$APP edge=e; use_release NEW; ${way}; echo "$?"`, { APP: app.path })
      return `${stderr}${stdout}`
    }
    const old = 'Error: adapting config using caddyfile: module not registered: caddy.listeners.proxy_protocol'
    const wrong = 'Error: adapting config using caddyfile: unrecognized directive: hader'
    test.each([
      ['stage_configuration', 'DA-EDGE-CONFIG', wrong],
      ['await_edge', 'DA-EDGE-CONFIG', wrong],
      ['stage_configuration', 'DA-EDGE-OLD', old],
      ['await_edge', 'DA-EDGE-OLD', old],
      ['await_edge', 'DA-EDGE-START', 'Error: listening on :80'],
    ] as const)('%s says %s', (way, code, words) => {
      const said = told(way, words)
      expect(said).toContain(code)
      expect(said).toContain(words)
      expect(said).toMatch(/1\n$/)
    })
    test('is told without what Caddy says in passing, and with the image that is too old', () => {
      expect(told('stage_configuration', wrong)).not.toContain('using provided')
      expect(told('stage_configuration', old)).toContain('its image caddy:2.6 is older')
    })
  })
})
