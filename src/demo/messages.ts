/** What the demo and its processes say to each other. */
export type ToService = { readonly control: string; readonly on: boolean } | { readonly stop: true }
export type FromService = { readonly ready: number } | { readonly failed: string }
