import { existsSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A Node that runs the bundles, which are made for Node 24: this one, or the one that npm installed beside us.
 * @param {string} root
 * @returns {string} path of the program
 */
export function findNode24(root) {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  const fromNpm = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin/node')
  if (existsSync(fromNpm)) return fromNpm
  throw new Error(`Node 24 is needed and this is ${process.version}. Install Node 24, or run \`npm ci\` on Linux.`)
}
