import type { MiddlewareEntry } from '../middleware.ts'
import { AuthenticationMiddleware } from './authentication.ts'
import { XFrameOptionsMiddleware } from './clickjacking.ts'
import { CommonMiddleware } from './common.ts'
import { CsrfViewMiddleware } from './csrf.ts'
import { MessageMiddleware } from './messages.ts'
import { SecurityMiddleware } from './security.ts'
import { SessionMiddleware } from './session.ts'

/** The seven of a new Django project, in its order. */
export const defaultMiddleware: readonly MiddlewareEntry[] = [
  SecurityMiddleware,
  SessionMiddleware,
  CommonMiddleware,
  CsrfViewMiddleware,
  AuthenticationMiddleware,
  MessageMiddleware,
  XFrameOptionsMiddleware,
]
