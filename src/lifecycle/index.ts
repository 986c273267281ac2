/** The Django-like framework: handler, middleware chain, URL configuration, views, template responses, signals, settings. */
export { lifecycle, type App, type Listening } from './app.ts'
export * from './errors.ts'
export type { LogRecord, Log } from './log.ts'
export type { Maybe } from './maybe.ts'
export type { Around, CoreHooks, GetResponse, Hooks, MiddlewareEntry } from './middleware.ts'
export { HttpRequest, type Incoming, type UrlConfChoice } from './request.ts'
export {
  HttpResponse,
  HttpResponseNotAllowed,
  HttpResponseRedirect,
  JsonResponse,
  type Chunk,
  type RedirectOptions,
  type ResponseOptions,
} from './response.ts'
export { FileResponse, StreamingHttpResponse, type FileOptions, type Pieces } from './streaming.ts'
export { TemplateResponse, type Context, type PostRender, type Template, type TemplateEngine } from './template.ts'
export { liquidTemplates } from './liquid.ts'
export type {
  Atomic,
  AuthSettings,
  ConvertException,
  CsrfSettings,
  ErrorPage,
  SecuritySettings,
  SessionSettings,
  Settings,
} from './settings.ts'
export { redirect, render } from './shortcuts.ts'
export { gotRequestException, requestFinished, requestStarted, Signal, type Receiver } from './signals.ts'
export {
  include,
  path,
  rePath,
  urlconf,
  UrlConf,
  type ErrorHandlers,
  type ErrorStatus,
  type UrlConfOptions,
} from './urls/conf.ts'
export { registerConverter, Uuid, type Converter } from './urls/converters.ts'
export type { Included, UrlPattern } from './urls/line.ts'
export { ResolverMatch } from './urls/match.ts'
export type { Kwargs } from './urls/pattern.ts'
export type { ReverseOptions } from './urls/reverse.ts'
export type { ErrorHandler, View as ViewFunction } from './view.ts'
export { CommonMiddleware } from './middleware/common.ts'
export { requireHttpMethods, View } from './views/view.ts'
export { ANONYMOUS, checkPassword, isAuthenticated, login, loginRequired, logout, makePassword, type User } from './auth.ts'
export { csrfToken } from './csrf.ts'
export { Messages, type Message, type MessageLevel } from './messages.ts'
export { AuthenticationMiddleware } from './middleware/authentication.ts'
export { XFrameOptionsMiddleware } from './middleware/clickjacking.ts'
export { CsrfViewMiddleware } from './middleware/csrf.ts'
export { defaultMiddleware } from './middleware/default.ts'
export { MessageMiddleware } from './middleware/messages.ts'
export { SecurityMiddleware } from './middleware/security.ts'
export { SessionMiddleware } from './middleware/session.ts'
export { memorySessions, Session, type SessionData, type SessionStore } from './session.ts'
export { escapeHtml, SafeHtml } from './html.ts'
export { fromExpress, type ExpressMiddleware } from './express.ts'
export { getObjectOr404, Manager, model, type Filter, type Repository } from './models.ts'
export { endpoint, rest, type Endpoint, type Input } from './views/rest.ts'
export { closeOldConnections, transactions, type Transactions, type TransactionSteps } from './databases.ts'
