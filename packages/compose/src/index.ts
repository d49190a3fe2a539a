export { type Collected, type CollectedFile, type CollectRequest, collectFiles } from './collect-files.ts'
