import { expect, test } from 'vitest'
import {
  HttpResponse,
  ImproperlyConfigured,
  include,
  lifecycle,
  MiddlewareNotUsed,
  path,
  registerConverter,
  rePath,
  urlconf,
  type MiddlewareEntry,
  type Settings,
} from '../../src/lifecycle/index.ts'

const view = () => new HttpResponse('')

test.for([
  [{ urls: 'urls.py' }, /urls: Expected a list of path\(\), rePath\(\) or a urlconf\(\)/],
  [{ urls: [], alowedHosts: [] }, /alowedHosts: there is no such setting; there are urls, .*allowedHosts/],
  [
    { urls: [], middleware: ['session'] },
    /middleware.0: Expected a class, a function \(getResponse\) => …, or an object of hooks/,
  ],
  [{ urls: [], scriptName: 'app/' }, /scriptName: Expected "" or a path like "\/app"/],
  [{ urls: [], secretKey: 'short' }, /secretKey: .*at least 32 characters/],
  [{ urls: [], session: { maxAge: '1 day' } }, /session.maxAge: .*number/],
  [{ urls: [], csrf: { trustedOrigins: ['example.org'] } }, /csrf.trustedOrigins.0: Expected an origin like/],
  [{ urls: [], disallowedUserAgents: ['bot'] }, /disallowedUserAgents.0: Expected a regular expression/],
  [{ urls: [], xFrameOptions: 'ALLOW' }, /xFrameOptions: .*"DENY" \| "SAMEORIGIN"/],
] as [Settings, RegExp][])('wrong settings are refused: which, and what is allowed (%#)', ([settings, message]) => {
  expect(() => lifecycle(settings)).toThrow(ImproperlyConfigured)
  expect(() => lifecycle(settings)).toThrow(message)
})

test('all that is wrong is said at once', () => {
  expect(() => lifecycle({ urls: 1, debug: 'yes' } as never)).toThrow(/urls: [^]*debug: /)
})

test.for([
  [() => path('<nope:x>/', view), /converter "nope", which is none of/],
  [() => path('<int: x>/', view), /no white space/],
  [() => path('<int:1x>/', view), /"1x" cannot name a parameter/],
  [() => path('<__proto__>/', view), /"__proto__" cannot name a parameter/],
  [() => path('x/', 'views.home' as never), /neither a view nor an include\(\)/],
  [() => include([path('', view)], 'ns'), /needs a configuration with an appName/],
  [() => registerConverter('a b', { regex: '.', toValue: String, toUrl: String }), /cannot name a converter/],
] as [() => unknown, RegExp][])('wrong URL configurations are refused (%#)', ([make, message]) => {
  expect(make).toThrow(message)
})

test('a bad regular expression is told where it is used', () => {
  const conf = urlconf({ patterns: [path('fine/', view), rePath('^(unclosed/$', view)] })
  expect(conf.find('/fine/')?.view).toBe(view)
  expect(() => conf.find('/other/')).toThrow(/\^\(unclosed\/\$.*is no regular expression/)
})

test('middlewares are built once, from the innermost, with what they need; those not used are left out', async () => {
  const built: string[] = []
  const made = (name: string): MiddlewareEntry =>
    class {
      readonly name = name

      constructor(...given: unknown[]) {
        built.push(`${name} ${given.map((one) => typeof one).join()}`)
      }
    }
  const unused: MiddlewareEntry = () => {
    throw new MiddlewareNotUsed()
  }
  lifecycle({ urls: [], middleware: [made('A'), unused, made('B')] })
  expect(built).toEqual(['B function,function', 'A function,function'])
})

test.for([
  [() => undefined as never, /gave nothing back: does it return the middleware\?/],
  [{ processRequest: 'nope' } as never, /processRequest is no function/],
] as [MiddlewareEntry, RegExp][])('a middleware that cannot work stops the start (%#)', ([middleware, message]) => {
  expect(() => lifecycle({ urls: [], middleware: [middleware] })).toThrow(message)
})

test('a variable of the environment that may not be there can be the secret key; without one, only what signs is refused', () => {
  expect(() => lifecycle({ urls: [], secretKey: process.env['NO_SUCH_KEY'] })).not.toThrow()
})
