import { deployScenarios } from './deploy-scenarios.ts'
import { rollbackScenarios } from './rollback-scenarios.ts'

// Debian's Caddy 2.6.2 is the oldest edge that the product supports.
deployScenarios('debian')
rollbackScenarios('debian')
