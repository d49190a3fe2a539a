// Tests run on Node 24 with --experimental-vm-modules (see test/run.mjs): our dependencies are ES modules only.
/** @type {import('jest').Config} */
export default {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  testMatch: ['<rootDir>/{packages,actions,lab,test,examples}/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '\\.lab\\.test\\.ts$'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.cache/', '<rootDir>/lab/.state/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': ['@swc/jest', { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } }] },
  // Jest would leave one processor free, of two.
  maxWorkers: '100%',
  // Bundles are started for real, and the first start of a day reads them from a cold disk.
  testTimeout: 30_000,
  reporters: ['<rootDir>/test/reporter.mjs'],
}
