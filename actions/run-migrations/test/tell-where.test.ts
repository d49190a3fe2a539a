import { FakeLog } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { tellWhere } from '../src/tell-where.ts'

const HOSTS = [{ name: 'web-1 (203.0.113.1)' }, { name: 'web-2 (203.0.113.2)' }]

function told(database: string | undefined, hosts: readonly { readonly name: string }[]): FakeLog {
  const log = new FakeLog()
  tellWhere({ tool: 'alembic', service: 'web', image: 'ghcr.io/acme/web@sha256:1', database, hosts }, log)
  return log
}

test('of several hosts it is told which one migrates, and why one is enough', () => {
  const log = told(undefined, HOSTS)
  expect(log.text('info')).toContain('on web-1 (203.0.113.1), the first of 2 hosts: one is enough where all of them use one database')
  expect(log.text('warning')).toBe('')
})

test('where each host would have a database of its own, it is a warning that those of the others are not migrated', () => {
  expect(told('db', HOSTS).text('warning')).toContain('db is a service of the Compose file, which each host has for itself')
})

test('of one host nothing is told but what migrates', () => {
  expect(told('db', HOSTS.slice(0, 1)).text()).toBe('alembic in web (ghcr.io/acme/web@sha256:1); the database is db')
})
