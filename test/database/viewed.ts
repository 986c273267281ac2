import { label } from '../../src/model/label.ts'
import { observer } from '../../src/model/observer.ts'

const VIEW = label('view', 'view')

/** Runs it as part of a view; resolves when the view is over. */
export async function viewed<Result>(work: () => Promise<Result>): Promise<Result> {
  const view = observer.open(VIEW)
  return observer.run(view, work, undefined).finally(() => view.end())
}
