// A collector that stores only when it is told to (by any metrics), to be killed at any moment.
import { collect } from '../../src/collector/index.ts'

const never = { rooted: 1e9, rootless: 1e9, most: 1e9 }
const collector = await collect({ otlpPort: 0, data: process.argv[2] as string, patience: never })
collector.on('metrics', () => void collector.flush())
process.stdout.write(String(collector.otlpPort))
