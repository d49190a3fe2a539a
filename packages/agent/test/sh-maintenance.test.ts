import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { AppFolder } from './app-folder.ts'
import { inEachShell } from './shells.ts'

let app: AppFolder
beforeEach(() => {
  app = new AppFolder()
  app.release('R', {}, ['web switch i 1 always http 8000 / - - -']).current('R')
  app.write({ 'edge/config/Caddyfile': '(maintenance) {\n}\n', 'switch/blue': '', 'page.html': '<h1>Soon</h1>' })
})
afterEach(() => app.remove())

const PARTS = `
  app_dir=$APP run=$APP
  begin_on_host() { :; }
  load_current() { :; }
  reload_edge() { echo reloaded; [ -z "$REFUSED" ]; }
`

inEachShell((shell) => {
  const maintenance = (words: string, REFUSED = '') => {
    const { status, stdout, stderr } = shell.run(`${PARTS}cd "$APP" && maintenance_command ${words}`, { APP: app.path, REFUSED })
    return { status, said: stdout + stderr }
  }
  const page = () =>
    existsSync(join(app.path, 'switch/maintenance.html')) ? readFileSync(join(app.path, 'switch/maintenance.html'), 'utf8') : ''
  const allowed = () => {
    const file = join(app.path, 'edge/config/maintenance-allow')
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }

  test('visitors get a page, with no reload, until it is over', () => {
    expect(maintenance('on')).toEqual({ status: 0, said: 'visitors get the maintenance page\n' })
    expect(page()).toContain('Back soon')
    expect(existsSync(join(app.path, 'edge/config/maintenance-allow'))).toBe(false) // Caddy does not start with an empty one
    expect(maintenance('off')).toEqual({ status: 0, said: 'visitors get the app\n' })
    expect(page()).toBe('')
  })

  test('a page of their own, and addresses that get through; only a changed list is loaded', () => {
    expect(maintenance('on --page page.html --allow 203.0.113.7 --allow 2001:db8::/32').said).toMatch(
      /^reloaded\nvisitors .*, but for 203\.0\.113\.7 2001/,
    )
    expect([page(), allowed()]).toEqual(['<h1>Soon</h1>', 'not remote_ip 203.0.113.7 2001:db8::/32\n'])
    expect(maintenance('on --allow 203.0.113.7 --allow 2001:db8::/32').said).not.toContain('reloaded')
    expect(maintenance('on').said).toContain('reloaded')
    expect(allowed()).toBe('')
  })

  test('a list that Caddy refuses is taken back, and the app stays reachable', () => {
    maintenance('on --allow 203.0.113.7')
    maintenance('off')
    expect(maintenance('on --allow 203.0.113.7/99', 'yes').status).toBe(1)
    expect([page(), allowed()]).toEqual(['', 'not remote_ip 203.0.113.7\n'])
  })

  test.each([
    ['', 'usage'],
    ['of', 'usage'],
    ['off now', 'usage'],
    ['on --pages x', 'usage'],
    ['on --allow', 'usage'],
    ['on --page', 'usage'],
    ['on --page .', 'there is no file'],
    ["on --allow 'example.com}'", 'not "example.com}"'],
    ['on --page nowhere.html', 'there is no file nowhere.html'],
  ])('%j is refused with the way it is said right', (words, said) => {
    expect(maintenance(words)).toEqual({ status: 1, said: expect.stringMatching(new RegExp(`${said}.*DA-INPUT-INVALID`)) })
    expect(page()).toBe('')
  })

  test('an edge without visitors is no place for it', () => {
    app.write({ 'edge/config/Caddyfile': '' })
    expect(maintenance('on')).toEqual({ status: 1, said: expect.stringContaining('DA-EDGE-NO-VISITORS') })
  })
})
