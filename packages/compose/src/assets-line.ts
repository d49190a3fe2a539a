import { Mistake, type Reader, reader } from '@deploy-actions/kit'

/** One line of `assets`: what the service serves below a path of its URLs lies in this folder of its container. */
export interface AssetsChoice {
  readonly service: string
  /** `/static`, without an end. */
  readonly path: string
  /** Absolute, without a slash at its end. */
  readonly from: string
}

const LINE = /^([A-Za-z0-9][A-Za-z0-9._-]*)\s*:\s+(\S+)\s+from\s+(\S+)$/
const FORM = 'Write it like `web: /static/* from /app/static`: the service, the path of the URLs, and the folder in its container.'

/** Reads a line of `assets`: `web: /static/* from /app/static`. */
export const assetsLine: Reader<AssetsChoice> = reader((line) => {
  const [, service, path = '', from = ''] = LINE.exec(line) ?? []
  if (service === undefined) throw new Mistake('is not `service: /path/* from /folder`', FORM)
  return { service, path: readPath(path), from: readFolder(from) }
})

function readPath(path: string): string {
  if (path === '/*')
    throw new Mistake(
      'has the path `/*`: old pages would come back with the old files',
      'Name the folder of hashed files, such as `/static/*`.',
    )
  if (!/^(\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+\/\*$/.test(path)) {
    throw new Mistake(`has the path "${path}", which is not like \`/static/*\``, FORM)
  }
  return path.slice(0, -2)
}

function readFolder(from: string): string {
  const folder = from.replace(/\/$/, '')
  if (!/^(\/[A-Za-z0-9@._+~-]+)+$/.test(folder) || /\/\.\.?(\/|$)/.test(folder)) {
    throw new Mistake(`has the folder "${from}", which is not an absolute path of plain letters`, FORM)
  }
  return folder
}
