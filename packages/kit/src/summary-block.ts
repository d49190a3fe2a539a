/** A part of a run for the timeline; times in milliseconds on one clock. */
export interface Phase {
  readonly name: string
  readonly start: number
  readonly end: number
  /** Phases of one section (a host) stand under its name. */
  readonly section?: string
  readonly failed?: boolean
}

/** One part of a summary, before it is known who reads it. */
export type Block =
  | { readonly kind: 'heading'; readonly text: string; readonly level: number }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'table'; readonly header: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: 'code'; readonly text: string; readonly language: string }
  | { readonly kind: 'details'; readonly label: string; readonly text: string }
  | { readonly kind: 'timeline'; readonly title: string; readonly phases: readonly Phase[] }
