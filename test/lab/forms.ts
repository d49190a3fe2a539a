/** The texts by which a secret would be known again: the whole, each line of eight characters and more, and their base64. */
export function formsIn(secret: string): string[] {
  const lines = secret.split('\n').filter((line) => line.trim().length >= 8)
  return [...new Set([secret, ...lines].flatMap((text) => [text, base64(text)]))]
}

export const base64 = (text: string): string => Buffer.from(text).toString('base64').replace(/=+$/, '')

/** Those of `forms` that stand in a text. */
export const foundIn = (text: string, forms: readonly string[]): string[] => forms.filter((form) => text.includes(form))
