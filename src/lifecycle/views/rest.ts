import * as v from 'valibot'
import type { Maybe } from '../maybe.ts'
import type { HttpRequest } from '../request.ts'
import { HttpResponse, JsonResponse } from '../response.ts'
import type { Kwargs } from '../urls/pattern.ts'
import type { View as ViewFunction } from '../view.ts'
import { View } from './view.ts'

type Schema = v.GenericSchema | v.GenericSchemaAsync

/** What the logic of an endpoint gets: what came in, checked, in the types of the schemas. */
export interface Input<Params = Kwargs, Query = unknown, Body = unknown> {
  readonly request: HttpRequest
  readonly params: Params
  readonly query: Query
  readonly body: Body
}

/** One method of a resource: what may come in, and what is done with it. */
export interface Endpoint<P extends Schema = Schema, Q extends Schema = Schema, B extends Schema = Schema> {
  /** Of the values of the path. */
  readonly params?: P
  /** Of the query: a parameter is a text, a repeated one a list of texts. */
  readonly query?: Q
  /** Of the body: JSON, or the fields of a form. */
  readonly body?: B
  /** What it gives is sent as JSON; nothing as 204; a response as it is. */
  handle(input: Input<v.InferOutput<P>, v.InferOutput<Q>, v.InferOutput<B>>): unknown
}

/** An endpoint, with the types of its schemas. */
export function endpoint<P extends Schema, Q extends Schema, B extends Schema>(made: Endpoint<P, Q, B>): Endpoint {
  return made
}

type Methods = Partial<Record<'get' | 'post' | 'put' | 'patch' | 'delete', Endpoint>>

/**
 * A resource: parses and checks what comes in with schemas of Valibot, runs the logic, shapes the answer.
 * What does not fit is 422 with a list of `{ in, path, message }`; a body that is no JSON 400; other methods 405.
 */
export function rest(name: string, methods: Methods): ViewFunction {
  class Resource extends View {}
  for (const [method, made] of Object.entries(methods)) {
    const value = (request: HttpRequest, params: Kwargs): Maybe<HttpResponse> => answer(made, request, params)
    Object.defineProperty(Resource.prototype, method, { value })
  }
  return Object.defineProperty(Resource, 'name', { value: name }).asView()
}

interface Problem {
  readonly in: 'path' | 'query' | 'body'
  readonly path: string
  readonly message: string
}

async function answer(made: Endpoint, request: HttpRequest, params: Kwargs): Promise<HttpResponse> {
  const problems: Problem[] = []
  const input = {
    request,
    params: await parsed(made.params, params, 'path', problems),
    query: await parsed(made.query, queryOf(request.query), 'query', problems),
    body: made.body === undefined ? undefined : await parsed(made.body, await bodyOf(request), 'body', problems),
  }
  if (problems.length > 0) return new JsonResponse({ errors: problems }, { status: 422 })
  const result = await made.handle(input)
  if (result instanceof HttpResponse) return result
  return result === undefined ? new HttpResponse('', { status: 204 }) : new JsonResponse(result)
}

async function parsed(schema: Schema | undefined, given: unknown, place: Problem['in'], problems: Problem[]): Promise<unknown> {
  if (schema === undefined) return given
  const result = await v.safeParseAsync(schema, given)
  for (const issue of result.issues ?? []) problems.push({ in: place, path: v.getDotPath(issue) ?? '', message: issue.message })
  return result.output
}

/** As an object without a prototype, so that no name of a parameter means anything. */
function queryOf(params: URLSearchParams): Record<string, string | string[]> {
  const query = Object.create(null) as Record<string, string | string[]>
  for (const key of new Set(params.keys())) {
    const all = params.getAll(key)
    query[key] = all.length === 1 ? (all[0] as string) : all
  }
  return { ...query }
}

async function bodyOf(request: HttpRequest): Promise<unknown> {
  const type = request.header('content-type') ?? 'application/json'
  return /\bjson\b/i.test(type) ? request.json() : Object.fromEntries(await request.form())
}
