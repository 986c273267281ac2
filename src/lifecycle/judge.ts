/** What a result means: a word for the span, or nothing if it is the usual. */
export type Judge = (result: unknown, given: unknown) => string | undefined

const isNothing = (value: unknown): boolean => value === undefined || value === null
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null

/** For hooks that usually give nothing: a response is a short circuit. */
export const giving: Judge = (result) => (isNothing(result) ? undefined : isObject(result) ? 'response' : 'value')

/** For hooks that usually give back the response they were given. */
export const passing: Judge = (result, given) =>
  isNothing(result) ? 'none' : result === given ? undefined : isObject(result) ? 'response' : 'value'

/** For views: a response is the usual. */
export const answering: Judge = (result) => (isNothing(result) ? 'none' : isObject(result) ? undefined : 'value')
