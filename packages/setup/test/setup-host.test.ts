import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from '@jest/globals'

// Functions of the set-up script, on a server that stands in a folder: its programs are stubs which write down how they were called.

const SCRIPT = readFileSync(fileURLToPath(new URL('../src/setup-host.sh', import.meta.url)), 'utf8')
const NOT_ACTIVE = 'exit 3'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'setup-host-'))
  stub('systemctl', NOT_ACTIVE)
  stub('dpkg-query', 'exit 1')
  stub('iptables', 'echo "-P INPUT ACCEPT"')
  stub('apt-get', '')
  stub('getent', `echo "$2:x:1000:1000::${folder}/home/$2:/bin/sh"`)
})
afterEach(() => rmSync(folder, { recursive: true }))

function put(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

function stub(name: string, body: string): void {
  put(`bin/${name}`, `#!/bin/sh\necho "${name} $*" >>"${folder}/calls"\n${body}\n`)
  chmodSync(join(folder, 'bin', name), 0o755)
}

const textOf = (path: string): string => (existsSync(join(folder, path)) ? readFileSync(join(folder, path), 'utf8') : '')
const calls = (program: string): string[] =>
  textOf('calls')
    .split('\n')
    .filter((line) => line.startsWith(`${program} `))

/** Runs these lines in the place of the script's own last one. */
function run(lines: string, env: Readonly<Record<string, string>> = {}): string {
  const script = SCRIPT.replace(/main "\$@"\n$/, `${lines}\n`).replaceAll(/\/(etc|root|var)\b/g, `${folder}/$1`)
  const { status, stdout, stderr } = spawnSync('sh', [], {
    input: script,
    encoding: 'utf8',
    env: { PATH: `${folder}/bin:/usr/bin:/bin`, ...env },
  })
  if (status !== 0) throw new Error(`it ended with ${status}:\n${stdout}${stderr}`)
  return stdout
}

const ufw = (...rules: string[]) =>
  stub('ufw', `[ "$1" != status ] || cat <<'EOF'\nStatus: active\nDefault: deny (incoming), allow (outgoing)\n\n${rules.join('\n')}\nEOF`)
const changed = () => calls('ufw').filter((line) => !line.startsWith('ufw status'))

test('ufw that lets in what is needed, in whatever words, is right', () => {
  ufw('22/tcp (OpenSSH)           LIMIT IN    Anywhere', '80,443/tcp (Nginx Full)    ALLOW IN    Anywhere                   # web')
  expect(run('close_firewall')).toBe('ok    firewall: TCP 22 80 443\n')
  expect(changed()).toEqual([])
})

test('ufw that is on and lets in some only stays so, and what it says is told', () => {
  ufw('22/tcp                     ALLOW IN    10.0.0.0/8', '80/tcp                     ALLOW IN    Anywhere')
  expect(run('close_firewall')).toMatch(
    /^LEFT {2}ufw is on, and does not let everybody in at TCP 22 443; [^\n]+\n {6}22\/tcp +ALLOW IN +10.0.0.0\/8\n/,
  )
  expect(changed()).toEqual([])
})

test('a port that is denied, and one whose digits another has, are not let in', () => {
  ufw(
    '22/tcp                     DENY IN     Anywhere',
    '8022/tcp                   ALLOW IN    Anywhere',
    '80,443/tcp                 ALLOW IN    Anywhere',
  )
  expect(run('close_firewall')).toMatch(/at TCP 22; /)
})

test('a new ufw gets the rules and is switched on', () => {
  stub('ufw', '[ "$1" != status ] || echo "Status: inactive"')
  expect(run('close_firewall')).toBe('set   firewall: TCP 22 80 443\n')
  expect(changed()).toEqual(['ufw allow 22/tcp', 'ufw allow 80/tcp', 'ufw allow 443/tcp', 'ufw --force enable'])
})

test.each([
  ['netfilter-persistent', () => stub('dpkg-query', 'case $* in *netfilter-persistent) echo "install ok installed" ;; *) exit 1 ;; esac')],
  ['firewalld', () => stub('systemctl', `case $* in *firewalld) exit 0 ;; *) ${NOT_ACTIVE} ;; esac`)],
  ['nftables', () => stub('systemctl', `case $* in *nftables) exit 0 ;; *) ${NOT_ACTIVE} ;; esac`)],
  ['iptables', () => stub('iptables', 'echo "-P INPUT DROP"')],
])('a firewall of %s is left alone, and no ufw is put in its place', (name, there) => {
  there()
  expect(run('install_packages; close_firewall')).toContain(
    `LEFT  ${name} has rules of your own, which were left alone. Needed is TCP 22 80 443\n`,
  )
  expect(calls('apt-get').filter((line) => / ufw\b/.test(line))).toEqual([])
})

test('a package that would put out another one is not installed', () => {
  run('install_packages')
  const installs = calls('apt-get').filter((line) => / install /.test(line))
  expect(installs.length).toBeGreaterThan(1)
  expect(installs.filter((line) => !/ --no-remove /.test(line))).toEqual([])
})

function sshd(rootLogin: string): void {
  stub(
    'sshd',
    `[ "$1" != -T ] || printf 'port 22\\npasswordauthentication yes\\nkbdinteractiveauthentication no\\npermitrootlogin ${rootLogin}\\n'`,
  )
  put('etc/ssh/sshd_config', `Include ${folder}/etc/ssh/sshd_config.d/*.conf\n`)
}
const written = () => textOf('etc/ssh/sshd_config.d/00-deploy-actions.conf')
const FREE = 'ssh-ed25519 AAAA ann\n'

test('passwords are refused where root has a key, and root then needs it too', () => {
  sshd('yes')
  put('root/.ssh/authorized_keys', FREE)
  expect(run('refuse_passwords')).toContain('set   SSH by key only')
  expect(written()).toBe('PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n')
})

test('root who may not log in stays out: his key is no way in, that of whoever came by sudo is', () => {
  sshd('no')
  put('root/.ssh/authorized_keys', FREE)
  expect(run('refuse_passwords')).toContain('LEFT  SSH still takes passwords: no administrator was found')
  expect(written()).toBe('')
  put('home/ann/.ssh/authorized_keys', FREE)
  expect(run('refuse_passwords', { SUDO_USER: 'ann' })).toContain('set   SSH by key only')
  expect(written()).toBe('PasswordAuthentication no\nKbdInteractiveAuthentication no\n')
})

test.each([
  ['runs one command only', `no-pty,command="echo 'log in as ubuntu'" ${FREE}`],
  ['is commented out', `# ${FREE}`],
])('a key of root that %s is no way in', (_what, line) => {
  sshd('prohibit-password')
  put('root/.ssh/authorized_keys', line)
  expect(run('refuse_passwords')).toContain('LEFT  SSH still takes passwords')
  put('root/.ssh/authorized_keys', `${line}${FREE}`)
  expect(run('refuse_passwords')).toContain('set   SSH by key only')
})

test.each([
  ['is none of a Swarm', 'inactive', /"live-restore": true/],
  ['is one of a Swarm', 'active', /^\{\n {2}"log-opts"/],
  ['is one whose Swarm is locked', 'locked', /^\{\n {2}"log-opts"/],
])('a node that %s', (_what, state, daemon) => {
  stub('docker', `[ "$1" != info ] || echo ${state}`)
  const told = run('configure_docker')
  expect(textOf('etc/docker/daemon.json')).toMatch(daemon)
  expect(told.includes('LEFT  this is a node of a Swarm')).toBe(state !== 'inactive')
})

test('where Docker does not answer, what a Swarm left on the disk counts', () => {
  stub('docker', 'exit 1')
  put('var/lib/docker/swarm/docker-state.json', '{}')
  run('configure_docker')
  expect(textOf('etc/docker/daemon.json')).not.toContain('live-restore')
})

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['ann@203.0.113.7:2222', '[203.0.113.7]:2222'],
  ['2001:db8::7', '2001:db8::7'],
  ['[2001:db8::7]', '2001:db8::7'],
  ['[2001:db8::7]:2222', '[2001:db8::7]:2222'],
])('the known_hosts line of %s begins with %s', (host, name) => {
  stub('sshd', '[ "$1" != -T ] || printf \'port 22\\nport 2222\\n\'')
  stub('ssh-keygen', 'echo "256 SHA256:x host (ED25519)"')
  put('etc/ssh/ssh_host_ed25519_key.pub', 'ssh-ed25519 AAAA host\n')
  expect(run(`read_options --host '${host}'\nsay_host_key`)).toContain(`\n${name} ssh-ed25519 AAAA\n`)
})

test('each key is let in once, under its own name', () => {
  put('home/deploy/.ssh/authorized_keys', FREE.trimEnd())
  const lines = `read_options --key 'ssh-ed25519 AAAA ann' --key 'ssh-ed25519 BBBB backups'\neach_key | while read -r key; do let_in "$key" "${folder}/home/deploy/.ssh/authorized_keys"; done`
  expect(run(lines)).toBe('ok    deploy has the deploy key, ann\nset   deploy has the deploy key, backups\n')
  expect(textOf('home/deploy/.ssh/authorized_keys')).toBe(`${FREE}ssh-ed25519 BBBB backups\n`)
  expect(() => run("read_options --key 'ssh-ed25519 AAAA' --key '-----BEGIN OPENSSH PRIVATE KEY-----'")).toThrow(
    'that key is no public key',
  )
})
