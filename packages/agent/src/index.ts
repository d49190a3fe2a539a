export { Agent, type AgentEvent, type AgentOptions, Settled, type Settlement } from './agent.ts'
