/** Value of a variable, or undefined when it is not set. */
export type Lookup = (name: string) => string | undefined

// The tail of a braced form is greedy on purpose: Compose matches up to the last brace of the line and cuts at the balanced one afterwards.
const VARIABLE = /\$(?:(\$)|([_a-z][_a-z0-9]*)|\{(?:([_a-z][_a-z0-9]*(?::?[-+?][^\n]*)?)\}|()))/gi

/**
 * Replaces `$NAME`, `${NAME}` and the forms with a default, an alternative or a required value, as Compose does. `$$` is a dollar sign, an unset name is empty.
 *
 * @throws Error with a phrase that continues "the value of X in the env file …": a broken `${`, or a required variable that is missing
 */
export function substitute(template: string, lookup: Lookup): string {
  return template.replace(VARIABLE, (whole, escaped, named, braced) => {
    if (escaped) return '$'
    if (named) return lookup(named) ?? ''
    if (!braced) throw new Error('has a `${` that is not a variable')
    return substituteBraced(whole, lookup)
  })
}

function substituteBraced(whole: string, lookup: Lookup): string {
  const end = closingBrace(whole)
  const [, name = '', operator, operand = ''] = /^([_a-z][_a-z0-9]*)(?:(:?[-+?])([\s\S]*))?$/i.exec(whole.slice(2, end)) ?? []
  const value = lookup(name)
  const rest = substitute(whole.slice(end + 1), lookup)
  if (operator === undefined) return (value ?? '') + rest
  const present = value !== undefined && !(operator.startsWith(':') && value === '')
  if (operator.endsWith('-')) return (present ? value : substitute(operand, lookup)) + rest
  if (operator.endsWith('+')) return (present ? substitute(operand, lookup) : (value ?? '')) + rest
  if (present) return value + rest
  throw new Error(`needs the variable ${name}, which is not set`)
}

/** Index of the brace that closes the first one; the last character when braces are not balanced. */
function closingBrace(text: string): number {
  let open = 0
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '{') {
      open += 1
      at += 1 // Compose skips the character behind an opening brace
    } else if (text[at] === '}') {
      open -= 1
      if (open === 0) return at
    }
  }
  return text.length - 1
}
