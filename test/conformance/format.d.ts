// The format of the conformance kit. See README.md for the meaning.

export type Json = null | boolean | number | string | Json[] | { [k: string]: Json }

/** Values of URL parameters. */
export type Value = null | boolean | number | string | { $int: string } | { $uuid: string } | { $date: string } | Value[]

export type Tier = 'core' | 'edge' | 'quirk'

export interface Scenario {
  id: string
  category: string
  tier: Tier
  title?: string
  rules: string[]
  settings?: Settings
  middleware: Middleware[] // outermost first
  signals?: Partial<Record<SignalName, (Behaviour & { name: string })[]>>
  urlconfs: Record<string, UrlConf> // "root" is the main one
  views: Record<string, View>
  requests: Request[]
  expect: Expectation
}

export interface Settings {
  append_slash?: boolean
  prepend_www?: boolean
  disallowed_user_agents?: string[]
  allowed_hosts?: string[]
  propagate_exceptions?: boolean
  script_name?: string
}

export type SignalName = 'request_started' | 'request_finished' | 'got_request_exception'

export type CoreHook = 'process_view' | 'process_exception' | 'process_template_response'
export type Hook = 'process_request' | CoreHook | 'process_response'

export type Middleware =
  | { name: string; style: 'hooks'; init?: Init; hooks: Partial<Record<Hook, Behaviour>> }
  | {
      name: string
      style: 'around'
      init?: Init
      before?: Behaviour
      catch?: Behaviour
      after?: Behaviour
      hooks?: Partial<Record<CoreHook, Behaviour>>
    }
  | { name: 'common'; style: 'builtin'; builtin: 'common' }

export type Init = 'none' | { raise: Exc }

export interface Behaviour {
  do?: Op[]
  out: 'none' | 'pass' | { response: Response } | { raise: Exc } | { value: Json }
  on?: number[]
}

export type Callback = Behaviour & { name: string }

export type Op =
  | { op: 'set_attr'; key: string; value: Json }
  | { op: 'note_attr'; key: string }
  | { op: 'note_match' }
  | { op: 'set_urlconf'; urlconf: string | null }
  | { op: 'set_path'; path: string }
  | { op: 'reverse'; name: string; args?: Value[]; kwargs?: Record<string, Value> }
  | { op: 'set_view_kwarg'; key: string; value: Json }
  | { op: 'set_header'; name: string; value: string }
  | { op: 'del_header'; name: string }
  | { op: 'set_status'; status: number }
  | { op: 'set_cookie'; key: string; value: string }
  | { op: 'append_body'; text: string }
  | { op: 'prefix_chunks'; text: string }
  | { op: 'note_content' }
  | { op: 'set_context'; key: string; value: Json }
  | { op: 'set_template'; template: Template }
  | { op: 'add_post_render'; callback: Callback }
  | { op: 'render' }

export type Template = { name: string; text: string } | { name: string; raise: Exc }

interface ResponseBase {
  status?: number
  headers?: Record<string, string>
  content_type?: string
}

export type Response = ResponseBase &
  (
    | { kind: 'text'; body: string }
    | { kind: 'json'; data: Json }
    | {
        kind: 'redirect'
        to: string | { name: string; args?: Value[]; kwargs?: Record<string, Value> }
        permanent?: boolean
        preserve_request?: boolean
      }
    | { kind: 'template'; template: Template; context: Record<string, Json>; post_render?: Callback[] }
    | { kind: 'stream'; name: string; chunks: string[]; raise_at?: { index: number; raise: Exc }; close?: 'none' | 'raise' }
    | { kind: 'file'; name: string; filename: string; content: string; as_attachment?: boolean }
  )

export type ExcType =
  | 'error'
  | 'not_found'
  | 'permission_denied'
  | 'bad_request'
  | 'multipart_error'
  | 'suspicious'
  | 'disallowed_host'
  | 'disallowed_redirect'
  | 'request_too_big'
  | 'object_missing'
  | 'request_aborted'
  | 'not_used'
  | 'exit'
  // only raised by the framework or by operations:
  | 'no_response'
  | 'not_rendered'
  | 'no_reverse_match'
  | 'improperly_configured'
  | 'import_error'
  | 'internal_error'
  | 'bad_access'

export interface Exc {
  type: ExcType
  message?: string
}

export interface UrlConf {
  patterns: Pattern[]
  app_name?: string
  handlers?: Partial<Record<'400' | '403' | '404' | '500', Callback>>
}

export type Pattern = ({ path: string } | { re_path: string }) &
  (
    | { view: string; name?: string; kwargs?: Record<string, Value> }
    | { include: string; namespace?: string; kwargs?: Record<string, Value> }
  )

export type View =
  | { kind: 'function'; do_view: Behaviour; require_methods?: string[]; no_append_slash?: boolean }
  | { kind: 'class'; methods: Record<string, Behaviour>; http_method_names?: string[] }

export interface Request {
  path: string // as on the wire
  method?: string
  headers?: Record<string, string>
  body?: string
}

export interface Expectation {
  load: { events: Event[]; error?: ExcType }
  requests: Result[]
}

export interface Result {
  outcome: 'response' | 'raised'
  at?: 'handler' | 'body' | 'close'
  type?: ExcType
  close_type?: ExcType
  status?: number
  headers?: Record<string, string | string[]>
  body?: string
  events: Event[]
  log: { logger: 'request' | 'security'; level: string; status: number }[]
}

/** none | pass | value | raise:TYPE | plain:N | template:N:rendered | template:N:unrendered | stream:N | file:N */
export type Out = string

export type Event =
  | { e: 'init'; mw: string; out: Out }
  | { e: 'signal'; name: SignalName; type?: ExcType }
  | { e: 'receiver'; signal: SignalName; name: string; out: Out }
  | {
      e: 'hook'
      mw: string
      hook: Hook | 'before' | 'catch' | 'after'
      out: Out
      view?: string
      args?: Value[]
      kwargs?: Record<string, Value>
      exception?: ExcType
      sees?: Out
    }
  | ({ e: 'resolve'; urlconf: string; path: string; out: Out } & Partial<Match>)
  | { e: 'view'; view: string; handler?: string; args: Value[]; kwargs: Record<string, Value>; out: Out }
  | { e: 'render'; template: string; out: Out }
  | { e: 'post_render'; name: string; sees: Out; out: Out }
  | { e: 'convert'; layer: string; type: ExcType; out: Out }
  | { e: 'error_handler'; code: number; handler: string; exception?: ExcType; message?: string | null; out?: Out }
  | { e: 'note'; what: 'attr' | 'match' | 'reverse' | 'content'; key?: string; name?: string; value: Json }
  | { e: 'head'; status: number }
  | { e: 'body' }
  | { e: 'produce'; stream: string; index: number; out: Out }
  | { e: 'chunk'; text: string }
  | { e: 'close' }
  | { e: 'release'; name: string; out: Out }

export interface Match {
  view: string
  route: string
  url_name?: string
  namespaces?: string[]
  args: Value[]
  kwargs: Record<string, Value>
}

// urls.jsonl

export interface UrlCase {
  id: string
  category: string
  title?: string
  urlconfs: Record<string, UrlConf>
  build_error?: ExcType
  checks: (ResolveCheck | ReverseCheck)[]
}

export interface ResolveCheck {
  resolve: string
  expect?: {
    path: string
    match?: (Match & { app_names?: string[]; view_name?: string; extra_kwargs?: Record<string, Value> }) | null
    tried?: string[][]
    error?: ExcType
  }
}

export interface ReverseCheck {
  reverse: {
    name: string
    args?: Value[]
    kwargs?: Record<string, Value>
    current_app?: string
    script_name?: string
    query?: Record<string, string | number | string[]>
    fragment?: string
  }
  expect?: { url: string } | { error: ExcType | 'mixed_arguments' }
}
