export { checkIdentity } from './age.ts'
export { type OpenedFile, openFile } from './open-file.ts'
