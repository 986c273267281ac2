// The agent as `--import phaseline/register` starts it, from the sources that the benchmarked framework is loaded from too.
import '../../src/register.ts'
import { flush } from '../../src/index.ts'

Object.assign(globalThis, { benchFlush: () => flush() })
