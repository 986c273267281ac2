import { contract } from './contract.ts'
import { VERSIONS, WAYS } from './load.ts'

for (const version of VERSIONS) for (const way of WAYS) contract(version, way)
