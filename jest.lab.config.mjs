import base from './jest.config.mjs'

// Suites that need the lab's droplet boxes; one after the other, because they share the machine's Docker.
/** @type {import('jest').Config} */
export default {
  ...base,
  testMatch: ['<rootDir>/{packages,actions,lab,test,examples}/**/*.lab.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1,
  // The first suite of a fresh machine builds the lab's images.
  testTimeout: 30 * 60_000,
}
