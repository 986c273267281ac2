import { labels } from '../model/label.ts'
import { observer, type Phase } from '../model/observer.ts'
import { patch } from './patch.ts'
import type { Response } from './shape.ts'

type Rendered = (error: unknown, text?: string) => unknown

/** Templates are named by whoever wrote the app. */
const labelOf = labels('render', (template) => `render ${template}`)

/** `res.render` becomes a phase: until the template engine has called back. */
export function watchRender(response: object): void {
  patch(response, 'render', (original) => {
    return function (this: Response, view: unknown, options?: unknown, callback?: unknown): unknown {
      const around = observer.current()
      const phase = around && typeof view === 'string' ? observer.begin(labelOf(view), around) : undefined
      if (around === undefined || phase === undefined) return original.call(this, view, options, callback)
      const own = (typeof options === 'function' ? options : callback) as Rendered | undefined
      const done = finished(this, phase, around, own)
      try {
        return observer.run(phase, original, this, view, typeof options === 'function' ? {} : options, done)
      } catch (error) {
        phase.fail(error)
        phase.end()
        throw error
      }
    }
  })
}

/** What is called with the text: what the app gave, else what Express does by default. It is not part of the rendering. */
function finished(res: Response, phase: Phase, around: Phase, own: Rendered | undefined): Rendered {
  return (error, text) => {
    if (error !== undefined && error !== null) phase.fail(error)
    else if (typeof text === 'string' && phase.recording) phase.set('phaseline.render.size', Buffer.byteLength(text))
    phase.end()
    return observer.run(around, own ?? byDefault, res, error, text)
  }
}

function byDefault(this: Response, error: unknown, text?: string): unknown {
  return error ? this.req.next?.(error) : this.send(text)
}
