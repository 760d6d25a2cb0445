/** Every bound, with its unit. Of settings: `setting-limits.ts`; of output: `cli/output-limits.ts`; relations: `limit-relations.ts`. */

const SECOND_MS = 1_000;
const DAY_MS = 86_400 * SECOND_MS;
const KB = 1_024;

// Deliveries in flight (requests, not bytes).
export const LANE_START = 2;
/** Slots, and the bytes of long bodies, are in so many parts: a webhook has one less for each step that its receiver is worse. */
export const SHARES = 4;
/** Webhooks without work whose quick answer is remembered. */
export const QUICK_REMEMBERED_MAX = 10_000;
export const UNSETTLED_MAX = 1_024;
export const TESTS_PER_TENANT_MAX = 4;
/** Descriptors kept free of deliveries: the API's own connections, the database, the logs. Under a low limit, half of it. */
export const DESCRIPTORS_RESERVED = 256;
/** Of those: held open for deliveries, since clients may take all others; and no more than one of as many. */
export const DESCRIPTORS_HELD_MAX = 32;
/** A webhook whose delivery found no descriptor rests for so long, and this often such a want is told. */
export const DESCRIPTORS_WAIT_MS = 1 * SECOND_MS;
export const DESCRIPTORS_TOLD_MS = 60 * SECOND_MS;

export const CONCURRENCY_MAX = 16_000;
export const CONCURRENCY_PER_WEBHOOK_MAX = 1_024;

// What the delivery loop may hold in memory, whatever the backlog.
export const LANE_BUFFER_MAX = 4_096;
export const BUFFERED_DELIVERIES_MAX = 65_536;
export const BUFFERED_BODY_MAX_BYTES = 32 * KB * KB;
export const SEEK_BATCH = 256;
/** The same when all lanes together hold what they may: just enough to go on. */
export const SEEK_BATCH_WHEN_SPENT = 16;
/** A body up to this size comes along with a first attempt that is sought, so that claiming it asks nothing more. */
export const SOUGHT_BODY_MAX_BYTES = 4 * KB;
/** Longer ones in flight, together; each is in memory several times. More where a single event may be a quarter of it. */
export const LONG_BODIES_MAX_BYTES = 16 * KB * KB;
/** A lane that knows of more work than it buffers looks for it when it has fewer than this left. */
export const LANE_LOW_MARK = 64;
/** Every wake-up is a hint; this often the table itself is asked. */
export const POLL_MS = 5 * SECOND_MS;
/** A loop that has not polled for this long is not alive. */
export const LOOP_SILENCE_MAX_MS = 30 * SECOND_MS;
/** What outcomes get to reach the disk once everything in flight was cut off: a full disk does not keep the process from ending. */
export const OUTCOMES_GRACE_MS = 2 * SECOND_MS;
/** What requests to the API get to end when everything else has. */
export const API_GRACE_MS = 2 * SECOND_MS;
/** An answer within this time widens a lane, a slower one narrows it; one after the longer time is no better than none. */
export const QUICK_ANSWER_MS = 1 * SECOND_MS;
export const SLOW_ANSWER_MAX_MS = 5 * SECOND_MS;

// One attempt.
export const BODY_READ_MS = 1 * SECOND_MS;
/** And so far beyond the attempt's own deadline: then its slot is free, whatever the receiver does. */
export const BODY_BEYOND_MS = 250;
/** A deadline that fires later than this means the process was stopped (SIGSTOP, a frozen VM), not that the receiver was slow. */
export const LATE_TIMER_MS = 500;
export const LATE_TIMER_GRACE_MS = 250;
export const SUCCESS_CAPTURE_MAX_BYTES = 1 * KB;
/** Values of a webhook's own headers, and words of them, that are hidden where a receiver repeats them. */
export const ECHO_MASKED_MIN_CHARACTERS = 8;
export const RESPONSE_HEADERS_KEPT_MAX_BYTES = 2 * KB;
export const CONNECT_ADDRESSES_MAX = 3;
export const IDLE_CONNECTION_MS = 4 * SECOND_MS;
/** How often the connections are looked at for those that have been idle too long. */
export const IDLE_SWEEP_MS = 500;
/** Connections to one receiver that are being made at the same time; whoever else waits takes the next that comes free. */
export const DIALS_PER_DESTINATION_MAX = 2;
/** Connections kept warm between requests, all receivers together; beyond it the longest idle one is closed. */
export const IDLE_CONNECTIONS_MAX = 2_048;
/** What a connection rests behind a response, at least, so that all that came with it is read before the next request is sent. */
export const HEARING_MS = 1;
/** How long a receiver that sent what nobody asked for gets a connection for each request, and how many such are known. */
export const DISTRUST_MS = 600 * SECOND_MS;
export const DISTRUSTED_MAX = 1_000;
export const RESPONSE_HEAD_MAX_BYTES = 16 * KB;
export const RESPONSE_HEADERS_MAX = 256;
/** Of a response that a connection remembers the head of. */
export const RECENT_HEAD_MAX_CHARACTERS = 2 * KB;
/** Informational answers before the real one. */
export const INFORMATIONAL_MAX = 16;
/** Of one chunk of a body: its size, and extensions that nobody reads. */
export const CHUNK_LINE_MAX_BYTES = 1 * KB;
export const TRAILERS_MAX_BYTES = 8 * KB;
/** By which the framing of a body's chunks may outweigh its data: nobody sends thousands of chunks of a byte or two in good faith. */
export const CHUNK_FRAMING_MAX_BYTES = 8 * KB;
/** What a client holds of a body that nobody reads yet; then the receiver has to wait. */
export const BODY_UNREAD_MAX_BYTES = 64 * KB;
/** A body that says it is no longer than this is read to its end even if less is kept, so that its connection can be. */
export const DRAIN_MAX_BYTES = 16 * KB;

// Retries.
export const RETRY_STEPS_MAX = 20;
export const RETRY_STEP_MIN_MS = 100;
export const RETRY_STEP_MAX_MS = 7 * DAY_MS;
export const RETRY_JITTER = 0.1;
export const RETRY_AFTER_MAX_MS = 1 * DAY_MS;
export const LANE_HOLD_MAX_MS = 60 * SECOND_MS;
export const TIMEOUT_MIN_MS = 1 * SECOND_MS;
export const TIMEOUT_MAX_MS = 60 * SECOND_MS;

// Where to send to.
/** Texts of URLs whose verdict is remembered. */
export const JUDGED_URLS_MAX = 10_000;
export const DNS_TTL_MIN_MS = 1 * SECOND_MS;
export const DNS_TTL_MAX_MS = 30 * SECOND_MS;
export const DNS_FAILURE_TTL_MS = 1 * SECOND_MS;
export const DNS_CACHE_MAX = 10_000;
/** One query of one family, how often it is asked, and what the whole look-up may take. */
export const DNS_QUERY_MS = 2 * SECOND_MS;
export const DNS_TRIES = 2;
export const DNS_LOOK_UP_MAX_MS = 5 * SECOND_MS;
/** So many look-ups may begin within so long: what comes in one burst, name servers and this machine's own buffers drop. */
export const DNS_BURST_MAX = 32;
export const DNS_BURST_MS = 5;
/** How long the system's list of name servers is trusted before it is read again. */
export const DNS_SERVERS_MS = 30 * SECOND_MS;
/** RFC 1035 §2.3.4, without the trailing dot. */
export const HOST_NAME_MAX_CHARACTERS = 253;
export const LABEL_MAX_CHARACTERS = 63;

// What a client may ask for.
export const EVENT_SIZE_MAX_BYTES = 16 * KB * KB;
export const JSON_DEPTH_MAX = 64;
/** Of one body, far above what any route knows: telling of a million that nobody knows would hold everybody up. */
export const BODY_FIELDS_MAX = 1_000;
export const REQUEST_BODY_MAX_BYTES = 64 * KB;
export const PAGE_DEFAULT = 50;
export const PAGE_MAX = 200;
export const RESEND_MAX = 10_000;
export const RESEND_CHUNK = 500;
export const SUBSCRIPTIONS_MAX = 100;
export const EVENT_TYPE_MAX_CHARACTERS = 100;
export const SECRET_MAX_CHARACTERS = 256;
/** Of one request, whose masked headers others change meanwhile: that costs each of them a try. */
export const UPDATE_TRIES_MAX = 4;
/** Of a secret that Posthorn makes. */
export const WEBHOOK_SECRET_BYTES = 32;
/** Of a key's and a session's token: not to be guessed. */
export const KEY_TOKEN_BYTES = 32;
export const SESSION_TOKEN_BYTES = 32;
export const URL_MAX_CHARACTERS = 2_048;
export const DESCRIPTION_MAX_CHARACTERS = 500;
export const CUSTOM_HEADERS_MAX = 20;
export const CUSTOM_HEADERS_MAX_BYTES = 4 * KB;
export const SESSION_MS = 12 * 3_600 * SECOND_MS;
/** Of one key; with one more, the oldest ends. So whoever has a key cannot fill the disk with them. */
export const SESSIONS_PER_KEY_MAX = 1_000;
/** Each has a rate of its own; expired ones count while they are there. Those of all tenants together are a group as a tenant is. */
export const KEYS_PER_TENANT_MAX = 1_000;
export const KEY_NAME_MAX_CHARACTERS = 100;
export const CURSOR_MAX_CHARACTERS = 200;
/** Of one address: so many wrong keys may come at once, and so many a second from then on. */
export const WRONG_KEYS_BURST = 10;
export const WRONG_KEYS_PER_SECOND = 1;
/** How often the log is told of an address that sends more. */
export const WRONG_KEYS_TOLD_MS = 60 * SECOND_MS;
/** Addresses (of IPv6, networks) that are remembered for it, and keys whose requests are counted. */
export const WRONG_KEY_SOURCES_MAX = 10_000;
export const RATE_LIMITED_KEYS_MAX = 10_000;

// What the API says and how it listens.
/** Fields that one 422 tells of, and what it shows of each. */
export const DETAILS_MAX = 20;
export const RECEIVED_MAX_CHARACTERS = 100;
/** Of a path that is none: for a longer one nobody looks which of ours was meant, which takes a time of its length squared. */
export const NEAR_PATH_MAX_CHARACTERS = 256;
/** Where the server itself cuts a body off, without a word: far above every limit that has an answer. */
export const SERVER_BODY_MAX_BYTES = 1_024 * KB * KB;
/** A connection on which nothing moves for this long is closed. */
export const CONNECTION_IDLE_SECONDS = 30;
/** A login comes from whoever: its few bytes, and its answer, have less time. */
export const SESSION_ANSWER_SECONDS = 5;
/** A test is answered when its receiver has answered. */
export const TEST_ANSWER_SECONDS = 90;
/** How long a proof that the store can be written is believed. */
export const WRITABLE_BELIEVED_MS = 1 * SECOND_MS;

// Housekeeping.
export const PRUNE_CHUNK_ROWS = 500;
export const RECLAIM_CHUNK_PAGES = 256;
/** The writer is left to others for this long between two chunks. */
export const PRUNE_PAUSE_MS = 20;
export const READ_MAX_MS = 2 * SECOND_MS;
/** Of all tenants together: reads that wait for their turn, and long answers that are not read yet. */
export const READS_WAITING_MAX = 1_024;
export const ANSWERS_UNREAD_MAX_BYTES = 64 * KB * KB;
/** A longer answer goes in such pieces, each when there is room for it on the connection. */
export const ANSWER_PIECE_BYTES = 64 * KB;
/** As JSON: what one answer shows of the bodies of all attempts of a delivery. */
export const SHOWN_BODIES_MAX_BYTES = 512 * KB;

// The store.
/** How long another program that holds the database, such as an SQLite shell, is waited for: at opening, and when clients wait. */
export const BUSY_TIMEOUT_MS = 5 * SECOND_MS;
export const WRITER_BUSY_TIMEOUT_MS = 1 * SECOND_MS;
/** What shares one transaction at most: bounds both the wait for its answer and the message that carries it. */
export const WRITE_BATCH_MAX_COMMANDS = 512;
/** After a batch of so many the writer rests a moment: what comes meanwhile makes the next one as large. */
export const WRITE_BATCH_LARGE_COMMANDS = 32;
export const WRITE_BATCH_REST_MS = 1;
export const WRITE_BATCH_MAX_CHARACTERS = 4 * KB * KB;
/** How often the free room on the disk is looked at, and whether the files on it are still ours. */
export const DISK_LOOK_MS = 1 * SECOND_MS;
/** How often outcomes that could not be written, because the disk was full or another program held the database, are tried again. */
export const OBSTACLE_RETRY_MS = 1 * SECOND_MS;
/** Pages beyond it come from the system's cache, which costs about as little: 16 MB were no faster, and stayed for good. */
export const WRITER_CACHE_KB = 4 * KB;
export const READER_CACHE_KB = 2 * KB;
/** From so many pages on, the write-ahead log is moved into the file: a page goes there once, however often it was written. */
export const WAL_CHECKPOINT_PAGES = 2_000;
/** The write-ahead log is cut back to this after a burst. */
export const WAL_KEPT_MAX_BYTES = 32 * KB * KB;
/** Read and written at once when a start writes the log again. */
export const LOG_REWRITE_BYTES = 1 * KB * KB;
/** Of what is told about a file that is no sound backup: names and texts of it may be as long as somebody likes. */
export const FLAW_MAX_CHARACTERS = 300;
/** The fact by which a sealing key is known is shorter by far. */
export const KEY_CHECK_MAX_BYTES = 256;
/** Read and written at once when a restore copies the backup. */
export const RESTORE_CHUNK_BYTES = 1 * KB * KB;
export const SEALING_KEY_BYTES = 32;
/** Webhooks that a rotation of the sealing key has in memory at once. */
export const RESEAL_CHUNK = 500;
export const WEBHOOKS_CACHED_MAX = 10_000;
export const CREDENTIALS_CACHED_MAX = 10_000;
/** Keys and sessions that are known not to be there. */
export const WRONG_CREDENTIALS_CACHED_MAX = 10_000;
/** How often the backlog is looked at, and to which share of its bound it has to shrink before new events are taken again. */
export const BACKLOG_LOOK_MS = 1 * SECOND_MS;
export const BACKLOG_RESUMES_AT = 0.9;
export const SUBSCRIBERS_CACHED_MAX_TENANTS = 10_000;
/** What a delivery has room for; the last of it is for attempts that count. */
export const ATTEMPT_ROWS_MAX = 256;
export const UNCOUNTED_ATTEMPT_ROWS_MAX = ATTEMPT_ROWS_MAX - 2 * RETRY_STEPS_MAX;
/** Rows that one page of the logs looks at when no index fits all of its filters. */
export const LOG_EXAMINED_MAX = 2_000;
export const AUDIT_EXAMINED_MAX = 2_000;
/**
 * Of a tenant, and of what belongs to none: so much of the audit log is kept, the newest; its table refuses to lose one of these
 * before its retention. And what one entry holds: nobody fills the disk with them.
 */
export const AUDIT_ENTRIES_PER_TENANT_MAX = 100_000;
export const AUDIT_CHANGES_MAX_BYTES = 2 * KB;
export const AUDIT_NAME_MAX_BYTES = 500;
/** Of a text, and about as much of a list, when the changes are longer in all. */
export const AUDIT_CUT_BYTES = 80;
export const EVENT_LOG_MAX = 1_000;
/** When old rows are removed, this much of a body takes about as long as one row. */
export const TIDY_BYTES_PER_ROW = 16 * KB;
export const HEALTHCHECK_MS = 3 * SECOND_MS;
