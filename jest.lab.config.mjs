import base from './jest.config.mjs'

const load = '\\.load\\.lab\\.test\\.ts$'
/** `load`: suites that count lost requests. Nothing else runs beside them; of the others two do, each on a box of its own (lab/scenarios/stage.ts). */
const counts = process.env.LAB_SUITES === 'load'

// Suites that need the lab's droplet boxes.
/** @type {import('jest').Config} */
export default {
  ...base,
  testMatch: [`<rootDir>/{packages,actions,lab,test,examples}/**/*${counts ? '.load' : ''}.lab.test.ts`],
  testPathIgnorePatterns: ['/node_modules/', ...(counts ? [] : [load])],
  maxWorkers: counts ? 1 : 2,
  // The first suite of a fresh machine builds the lab's images.
  testTimeout: 30 * 60_000,
}
