/** Made to be read by everybody's browser: frameworks put them into the pages. */
const PUBLIC = /^(?:NEXT_PUBLIC|VITE|REACT_APP|PUBLIC|NUXT_PUBLIC|GATSBY|EXPO_PUBLIC|VUE_APP|STORYBOOK|SNOWPACK_PUBLIC)_/i

const SECRET =
  /(?:^|_)(?:SECRETS?|TOKENS?|PASSWORDS?|PASSWD|PASSPHRASE|PWD|CREDENTIALS?|AUTH|APIKEYS?|DSN)(?:$|_)|(?:^|_)(?:API|ACCESS|PRIVATE|SIGNING|ENCRYPTION|SSH|DEPLOY|LICENSE|SERVICE)_?KEYS?(?:$|_)|(?:DATABASE|REDIS|MONGO|AMQP|DB)_(?:URL|URI)$/i

/** Names that say what they are not, such as `TOKEN_URL` or `PASSWORD_MIN_LENGTH`. */
const HARMLESS =
  /_(?:FILE|PATH|NAME|ID|TTL|LENGTH|MIN|MAX|TYPE|HOST|PORT|VERSION|EXPIRY|EXPIRES|ENABLED|ENDPOINT|ISSUER)$|(?<!DATABASE|REDIS|MONGO|AMQP|DB)_URL$/i

/** Build arguments stand in the image's history and in its provenance, so none may be a secret. */
export const looksSecret = (name: string): boolean => !PUBLIC.test(name) && SECRET.test(name) && !HARMLESS.test(name)
