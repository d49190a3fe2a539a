import base from './jest.config.mjs'

// Suites that need the lab's droplet boxes; each worker has a box of its own (lab/scenarios/stage.ts).
/** @type {import('jest').Config} */
export default {
  ...base,
  testMatch: ['<rootDir>/{packages,actions,lab,test,examples}/**/*.lab.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 2,
  // The first suite of a fresh machine builds the lab's images.
  testTimeout: 30 * 60_000,
}
