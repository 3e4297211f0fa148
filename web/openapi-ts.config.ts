import { defineConfig } from '@hey-api/openapi-ts'

// The document in openapi/ is the contract; what is generated is committed and never edited.
export default defineConfig({
  input: '../openapi/openapi.json',
  output: { path: 'src/api/gen' },
  plugins: [
    { name: '@hey-api/client-fetch', runtimeConfigPath: '../client-config' },
    '@hey-api/typescript',
    '@hey-api/sdk',
    { name: '@tanstack/react-query', queryOptions: true, infiniteQueryOptions: true, mutationOptions: true },
  ],
})
