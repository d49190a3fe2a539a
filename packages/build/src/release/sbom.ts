/** What is read and written of CycloneDX; the rest goes through as it is. */
export interface Sbom {
  readonly components: readonly Component[]
  readonly dependencies?: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[]
}

interface Component {
  readonly 'bom-ref': string
  /** With its scope. */
  readonly name: string
  readonly properties?: readonly { readonly name: string; readonly value: string }[]
}

/**
 * Of everything that is installed the packages of others that are in a bundle. `npm sbom --omit=dev` would lose those that our tools use too (seen with
 * npm 11.19: yaml, semver), and keep others of which nothing is bundled.
 * @param licences texts of ncc: a package's name, its licence and the text of that, and an empty line
 */
export function bundledOnly<T extends Sbom>(sbom: T, licences: readonly string[]): T {
  const named = new Set(licences.flatMap((text) => `\n\n${text}`.match(/(?<=\n\n).+/g) ?? []))
  const components = sbom.components.filter((one) => !isOurs(one) && named.has(one.name))
  const kept = new Set(components.map((one) => one['bom-ref']))
  const dependencies = (sbom.dependencies ?? [])
    .filter(({ ref }) => kept.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((other) => kept.has(other)) }))
  return { ...sbom, components, dependencies }
}

/** npm says so of a package that is published nowhere. */
const isOurs = ({ properties = [] }: Component): boolean =>
  properties.some(({ name, value }) => name === 'cdx:npm:package:private' && value === 'true')
