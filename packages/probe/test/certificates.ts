import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface KeyPair {
  readonly key: string
  readonly cert: string
}

/** An authority of our own, and certificates that it signs; made with openssl for each run, because a key in the repository would be nobody's secret. */
export class Authority {
  readonly folder = mkdtempSync(join(tmpdir(), 'authority-'))
  readonly ca: string
  #serial = 0

  constructor() {
    this.#openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-days',
      '3650',
      '-subj',
      '/O=Test authority',
    )
    this.ca = this.#read('ca.pem')
  }

  /** A certificate for these names (`DNS:shop.test`, `IP:127.0.0.1`) that ends in so many days; negative ones are over. */
  sign(names: string, days: number): KeyPair {
    const name = `leaf${++this.#serial}`
    const at = (shift: number) =>
      `${new Date(Date.now() + shift * 86_400_000)
        .toISOString()
        .replace(/[-:]|\.\d+/g, '')
        .replace('T', '')}`
    this.#openssl(
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      '/CN=shop',
    )
    writeFileSync(join(this.folder, 'ext'), `subjectAltName=${names}\n`)
    writeFileSync(join(this.folder, 'index'), '')
    writeFileSync(
      join(this.folder, 'conf'),
      `[ca]\ndefault_ca=d\n[d]\ndatabase=${this.folder}/index\nnew_certs_dir=${this.folder}\nrand_serial=yes\ndefault_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n`,
    )
    this.#openssl(
      'ca',
      '-batch',
      '-config',
      'conf',
      '-in',
      `${name}.csr`,
      '-out',
      `${name}.pem`,
      '-cert',
      'ca.pem',
      '-keyfile',
      'ca.key',
      '-extfile',
      'ext',
      '-notext',
      '-startdate',
      at(days - 90),
      '-enddate',
      at(days),
    )
    return { key: this.#read(`${name}.key`), cert: this.#read(`${name}.pem`) }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  #openssl(...args: string[]): void {
    execFileSync('openssl', args, { cwd: this.folder, stdio: 'pipe' })
  }

  #read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8')
  }
}
