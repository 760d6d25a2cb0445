/** The one module of undici that is used, which its own declarations name only by way of the whole package. */
declare module "undici-real/lib/dispatcher/client.js" {
  export { Client as default } from "undici-real";
}
