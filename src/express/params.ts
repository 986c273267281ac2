import { label } from '../model/label.ts'
import { likeness } from '../model/likeness.ts'
import { observer } from '../model/observer.ts'
import { JOURNEY, type ParamHandler, type Router } from './shape.ts'
import { failWith, isError } from './step.ts'

const observed = new WeakSet<ParamHandler>()

/** Watches the handlers that `router.param` has registered, in their place: there is no layer to hold on to. */
export function observeParams({ params }: Router): void {
  for (const [name, handlers] of Object.entries(params)) {
    for (const [i, handler] of handlers.entries()) {
      if (!observed.has(handler)) handlers[i] = observedParam(name, handler)
    }
  }
}

function observedParam(param: string, handler: ParamHandler): ParamHandler {
  const called = handler.name === '' ? {} : { 'code.function.name': handler.name }
  const its = label('resolve', `resolve param ${param}`, { 'express.name': param, 'express.type': 'param', ...called })
  const timed: ParamHandler = (req, res, next, value, name) => {
    const journey = req[JOURNEY]
    const phase = journey === undefined || journey.over ? undefined : journey.enterParam(its)
    if (phase === undefined) return handler(req, res, next, value, name)
    const over = (error: unknown): void => {
      if (isError(error)) failWith(phase, error)
      phase.end()
    }
    try {
      return observer.run(phase, handler, undefined as never, req, res, (error) => (over(error), next(error)), value, name)
    } catch (error) {
      over(error)
      throw error
    }
  }
  observed.add(timed)
  return likeness(timed, handler)
}
