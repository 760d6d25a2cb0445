/** The owner of webhooks and events: any such text, made by use. */
export const TENANT = /^[A-Za-z0-9_-]{1,64}$/;
export const TENANT_FORM = "1 to 64 of the characters A-Z, a-z, 0-9, _ and -";
/** Whose a request is when nobody is named. */
export const DEFAULT_TENANT = "default";
