// An application with a view that asks the process to stop: says its port, and ends with exit code 7.
import { lifecycle, path, SystemExit } from '../../src/lifecycle/index.ts'

const app = lifecycle({
  middleware: [{ processException: () => process.exit(1) }],
  urls: [
    path('stop/', () => {
      throw new SystemExit(7)
    }),
  ],
})
const { port } = await app.listen(0)
process.stdout.write(String(port))
