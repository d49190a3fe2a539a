import { streamScenarios } from './stream-scenarios.ts'

streamScenarios('debian')
