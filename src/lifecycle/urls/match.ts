import type { View } from '../view.ts'
import type { Kwargs } from './pattern.ts'

interface Found {
  readonly view: View
  readonly args: readonly unknown[]
  readonly kwargs: Kwargs
  readonly route: string
  readonly urlName: string | undefined
  readonly namespaces: readonly string[]
  readonly appNames: readonly string[]
  readonly extraKwargs: Kwargs
}

/** What a path resolved to: `request.resolverMatch`. */
export class ResolverMatch {
  readonly view: View
  /** The values of unnamed groups. */
  readonly args: readonly unknown[]
  /** The named values; the very object that the view is called with. */
  readonly kwargs: Kwargs
  /** The patterns of all levels, joined: `books/<int:id>/`. */
  readonly route: string
  readonly urlName: string | undefined
  /** Of the outermost include first. */
  readonly namespaces: readonly string[]
  readonly appNames: readonly string[]
  /** The fixed values among `kwargs`. */
  readonly extraKwargs: Kwargs

  constructor(found: Found) {
    this.view = found.view
    this.args = found.args
    this.kwargs = found.kwargs
    this.route = found.route
    this.urlName = found.urlName
    this.namespaces = found.namespaces
    this.appNames = found.appNames
    this.extraKwargs = found.extraKwargs
  }

  /** Namespaces and name, joined with colons: what `reverse` takes. A view without a name: the function's own. */
  get viewName(): string {
    return [...this.namespaces, this.urlName ?? this.view.name].join(':')
  }
}
