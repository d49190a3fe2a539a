export { type GitHubApi, GitHubRefused } from './github-api.ts'
export { type GitHubAccess, octokitApi } from './octokit.ts'
