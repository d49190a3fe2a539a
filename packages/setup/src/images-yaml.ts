import { stringify } from 'yaml'

/** An entry of the input `images` of build-push-ghcr. */
export interface WantedImage {
  readonly name: string
  readonly image?: string
  readonly context: string
  readonly file?: string
  readonly target?: string
  /** Undefined: what the image itself says. */
  readonly verify?: { readonly port: number; readonly path?: string }
}

/** The input, without what is its default anyway. */
export function imagesText(images: readonly WantedImage[]): string {
  const entries = images.map(({ name, image, context, file, target, verify }) => ({
    name,
    ...(image !== undefined && { image }),
    ...(context !== '.' && { context }),
    ...(file !== undefined && file !== (context === '.' ? 'Dockerfile' : `${context}/Dockerfile`) && { file }),
    ...(target !== undefined && { target }),
    ...(verify !== undefined && { verify }),
  }))
  return stringify(entries, { lineWidth: 0, singleQuote: true })
}
