import type { View } from '../view.ts'
import type { UrlConf } from './conf.ts'
import type { Kwargs, Pattern } from './pattern.ts'

/** One line of a URL configuration: a pattern with a view, or with the lines of an include. */
export interface UrlPattern {
  readonly pattern: Pattern
  /** Fixed named arguments; they win over captured ones. */
  readonly kwargs: Kwargs
  readonly name: string | undefined
  readonly target: View | Included
}

/** What `include()` makes. */
export class Included {
  readonly conf: UrlConf
  readonly namespace: string | undefined
  readonly appName: string | undefined

  constructor(conf: UrlConf, namespace: string | undefined) {
    this.conf = conf
    this.appName = conf.appName
    this.namespace = namespace ?? conf.appName
  }
}
