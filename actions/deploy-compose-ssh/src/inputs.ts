export { deployInputs as inputs, deployProblems as check } from '@deploy-actions/plan'

export const outputs = ['status', 'release-id', 'previous-release-id', 'candidate-header', 'images', 'hosts', 'timings']
