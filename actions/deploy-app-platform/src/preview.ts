import { isObject, type Json, type JsonObject, objectsIn, textOf } from '@deploy-actions/digitalocean'
import { UserError } from '@deploy-actions/kit'

/** The name of a preview: `shop-pr-7`, at most 32 characters. */
export const previewName = (name: string, number: number): string => {
  const tail = `-pr-${number}`
  return `${name.slice(0, 32 - tail.length).replace(/-+$/, '')}${tail}`
}

/** A spec without what belongs to production alone: its domains, its alerts, its databases. @throws UserError DA-APP-PREVIEW */
export function asPreview(spec: JsonObject): JsonObject {
  const managed = objectsIn(spec.databases).filter((one) => one.production === true || textOf(one.cluster_name) !== '')
  if (managed.length > 0) {
    const names = managed.map((one) => textOf(one.name)).join(', ')
    const hint = 'Give previews a spec file of their own with a development database (no `production`, no `cluster_name`).'
    throw new UserError('DA-APP-PREVIEW', `a preview would use the managed database ${names}, which belongs to another environment`, {
      hint,
    })
  }
  const { domains: _domains, maintenance: _maintenance, ...rest } = withoutAlerts(spec) as JsonObject
  return rest
}

function withoutAlerts(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutAlerts)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'alerts')
      .map(([key, one]) => [key, withoutAlerts(one)]),
  )
}
