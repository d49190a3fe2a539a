import { Mistake, nearest, reader } from '@deploy-actions/kit'

/** What BuildKit builds for; a name that it does not know it takes without a word, and builds nonsense. */
const KNOWN = [
  ...['linux/amd64', 'linux/amd64/v2', 'linux/amd64/v3', 'linux/amd64/v4', 'linux/arm64', 'linux/arm64/v8', 'linux/386'],
  ...['linux/arm/v5', 'linux/arm/v6', 'linux/arm/v7', 'linux/arm', 'linux/ppc64le', 'linux/s390x', 'linux/riscv64', 'linux/mips64le'],
  ...['linux/mips64', 'linux/loong64', 'windows/amd64', 'windows/arm64', 'wasi/wasm', 'wasip1/wasm'],
]

/** Platforms by commas, spaces or lines; each is known and stands there once. */
export const platforms = reader((raw) => {
  const named = raw.split(/[\s,]+/).filter((item) => item !== '')
  for (const [at, one] of named.entries()) {
    if (!KNOWN.includes(one)) throw new Mistake(`has the unknown platform "${one}"`, didYouMean(one))
    if (named.indexOf(one) !== at) throw new Mistake(`has the platform "${one}" twice`)
  }
  return named
})

function didYouMean(wrong: string): string {
  const near = nearest(wrong.includes('/') ? wrong : `linux/${wrong}`, KNOWN)
  return near === undefined ? 'Write it like `linux/amd64`.' : `Did you mean \`${near}\`?`
}

/** For tags and file names: `linux-arm64`. */
export const platformName = (platform: string): string => platform.replaceAll('/', '-')
