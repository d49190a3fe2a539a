import type { RunFacts } from '../src/run-facts.ts'

/** A push to main of acme/shop, unless told otherwise. */
export const factsOf = (some: Partial<RunFacts> = {}): RunFacts => ({
  commit: '0123456789abcdef0123456789abcdef01234567',
  committedAt: '2026-01-31T09:30:00.000Z',
  ref: 'refs/heads/main',
  event: 'push',
  baseRef: '',
  defaultBranch: 'main',
  repository: 'Acme/Shop',
  serverUrl: 'https://github.com',
  description: '',
  license: '',
  now: Date.parse('2026-02-01T23:30:05Z'),
  ...some,
})
