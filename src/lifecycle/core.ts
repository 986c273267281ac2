import type { App } from './app.ts'
import { nameRoute } from '../model/gateway.ts'
import { NoResponse, SystemExit } from './errors.ts'
import { attempt, isPromise, andThen, type Maybe } from './maybe.ts'
import type { CoreChain, GetResponse } from './middleware.ts'
import { answering } from './judge.ts'
import { viewLabel } from './labels.ts'
import { observe } from './phases.ts'
import { watchResolve } from './stages.ts'
import type { HttpRequest } from './request.ts'
import type { HttpResponse } from './response.ts'
import { TemplateResponse } from './template.ts'
import type { ResolverMatch } from './urls/match.ts'

/**
 * The innermost layer: resolves the path, asks each `processView`, calls the view, asks `processException` if it raised, has
 * template responses changed by each `processTemplateResponse` and rendered. The whole order is the last expression.
 */
export function core(app: App, chain: CoreChain): GetResponse {
  const { atomicRequests } = app.settings

  const resolveIn = ({ choiceInForce, pathInfo }: HttpRequest): ResolverMatch => app.confOf(choiceInForce).resolve(pathInfo)

  function resolve(request: HttpRequest): ResolverMatch {
    request.choiceInForce = request.urlconf
    const match = watchResolve(request, resolveIn)
    request.resolverMatch = match
    nameRoute(request.incoming, request.method, `${request.scriptName}/${match.route.replace(/^\^?\/?/, '')}`)
    return match
  }

  /** Until one answers. What the last one gave counts even if it is false: as in Django, that skips the view. */
  function askViews(request: HttpRequest, match: ResolverMatch, from = 0): Maybe<HttpResponse | undefined> {
    let answer: HttpResponse | undefined
    for (let index = from; index < chain.view.length; index++) {
      const given = (chain.view[index] as Asking)(request, match.view, match.args, match.kwargs)
      if (isPromise(given))
        return (given as Promise<HttpResponse | undefined>).then((late) =>
          late || index === chain.view.length - 1 ? (late ?? undefined) : askViews(request, match, index + 1),
        )
      answer = given ?? undefined
      if (given) break
    }
    return answer
  }

  function callView(request: HttpRequest, match: ResolverMatch): Maybe<HttpResponse> {
    const { view, args, kwargs } = match
    if (!request.watching) return view(request, kwargs, ...args)
    return observe(viewLabel(view), (given) => view(given, kwargs, ...args), answering, request)
  }

  function transaction(request: HttpRequest, match: ResolverMatch): Maybe<HttpResponse> {
    if (atomicRequests === undefined || match.view.nonAtomic === true) return callView(request, match)
    return atomicRequests(() => callView(request, match))
  }

  /** Asks each `processException`, until one answers; raises the exception again if none does. */
  function rescue(request: HttpRequest, error: unknown, from = 0): Maybe<HttpResponse> {
    if (error instanceof SystemExit) throw error
    for (let index = from; index < chain.exception.length; index++) {
      const given = (chain.exception[index] as Rescuing)(request, error)
      if (isPromise(given)) return given.then<HttpResponse>((late) => late || rescue(request, error, index + 1))
      if (given) return given
    }
    throw error
  }

  function changeTemplate(request: HttpRequest, response: HttpResponse, from = 0): Maybe<HttpResponse> {
    let changed = response
    for (let index = from; index < chain.template.length; index++) {
      const given = (chain.template[index] as Changing)(request, changed as TemplateResponse)
      if (isPromise(given)) return given.then((late) => changeTemplate(request, required(late, HOOK), index + 1))
      changed = required(given, HOOK)
    }
    return changed
  }

  function finish(request: HttpRequest, response: HttpResponse): Maybe<HttpResponse> {
    if (!(response instanceof TemplateResponse)) return response
    return andThen(changeTemplate(request, response), (changed) =>
      attempt(
        () => (changed as TemplateResponse).render(),
        (error) => rescue(request, error),
      ),
    )
  }

  return (request) =>
    andThen(resolve(request), (match) =>
      andThen(askViews(request, match), (early) =>
        andThen(
          early === undefined
            ? attempt(
                () => transaction(request, match),
                (error) => rescue(request, error),
              )
            : early,
          (response) => finish(request, required(response, match.view.name)),
        ),
      ),
    )
}

type Asking = CoreChain['view'][number]
type Rescuing = CoreChain['exception'][number]
type Changing = CoreChain['template'][number]

const HOOK = 'A processTemplateResponse'

function required(response: HttpResponse | undefined | null, giver: string): HttpResponse {
  if (response !== undefined && response !== null) return response
  throw new NoResponse(`${giver || 'The view'} gave nothing back: it has to return a response`)
}
