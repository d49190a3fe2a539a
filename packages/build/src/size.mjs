import { execFileSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'

/** Every run of every consumer downloads the whole repository. */
export const LIMIT_BYTES = 8 * 1024 * 1024

/**
 * Bytes of what the runner downloads for `uses:`, near enough: the files that git knows or would add, as one gzip.
 * @param {string} root
 */
export function downloadSize(root) {
  const names = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'], { cwd: root })
  const tar = execFileSync('tar', ['--create', '--null', '--files-from=-', '--ignore-failed-read', '--file=-'], {
    cwd: root,
    input: names,
    maxBuffer: 1024 * 1024 * 1024,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  return gzipSync(tar).length
}
