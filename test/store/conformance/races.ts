import { describe, expect, test } from "bun:test";
import { POSTHORN } from "../../../src/domain/audit.ts";
import type { Webhook } from "../../../src/domain/webhook.ts";
import type { ClaimedDelivery, ReadyDelivery } from "../../../src/store/contract.ts";
import { createSeededRandom, forEachSeed } from "../../support/seeded-random.ts";
import { DELIVERED, EXHAUSTED, NOW, type Open, retryIn, Scene, TENANT } from "./scene.ts";

const SEEDS = 12;
const STEPS = 150;

/** What a test may know of a delivery from the answers it got. */
interface Known {
  readonly ready: ReadyDelivery;
  held: ClaimedDelivery | null;
  state: string;
}

type Activity = "on" | "off" | "unclear";

/** Everything at once, in an order that a seed decides and a thread disturbs; each answer is held against the ones before. */
class Race {
  readonly #scene: Scene;
  readonly #webhooks: readonly Webhook[];
  readonly #random;
  readonly #known = new Map<number, Known>();
  readonly #activity = new Map<number, Activity>();
  readonly #underWay: Promise<void>[] = [];

  constructor(scene: Scene, webhooks: readonly Webhook[], seed: number) {
    this.#scene = scene;
    this.#webhooks = webhooks;
    this.#random = createSeededRandom(seed);
    for (const { key } of webhooks) this.#activity.set(key, "on");
  }

  async run(): Promise<void> {
    const moves = [this.#ingest, this.#ingest, this.#claim, this.#claim, this.#settle, this.#settle, this.#release];
    const rare = [this.#seek, this.#switch, this.#tidy];
    for (let step = 0; step < STEPS; step++) {
      const move = this.#random.chance(0.3) ? this.#one(rare) : this.#one(moves);
      this.#underWay.push(move?.call(this) ?? Promise.resolve());
      if (this.#random.chance(0.2)) await new Promise(setImmediate);
    }
    await Promise.all(this.#underWay);
    await this.#compare();
  }

  async #ingest(): Promise<void> {
    for (const ready of await this.#scene.deliveries())
      this.#known.set(ready.key, { ready, held: null, state: "pending" });
  }

  async #claim(): Promise<void> {
    const asked = [...this.#known.values()].filter(() => this.#random.chance(0.3)).map(({ ready }) => ready);
    const shaped = asked.map(({ payload, ...bare }) =>
      payload !== undefined && this.#random.chance(0.7) ? { ...bare, payload } : bare,
    );
    const offBefore = new Set(
      this.#webhooks.filter(({ key }) => this.#activity.get(key) === "off").map(({ key }) => key),
    );
    const finalBefore = new Set(
      asked.filter(({ key }) => this.#known.get(key)?.state !== "pending").map(({ key }) => key),
    );
    for (const claimed of await this.#scene.store.claim(shaped)) {
      const known = this.#known.get(claimed.lease.delivery);
      expect(known?.held ?? null).toBeNull();
      expect(finalBefore.has(claimed.lease.delivery)).toBe(false);
      const isOff = offBefore.has(claimed.webhook.key) && this.#activity.get(claimed.webhook.key) === "off";
      expect(isOff).toBe(false);
      if (known !== undefined) known.held = claimed;
    }
  }

  async #settle(): Promise<void> {
    const known = this.#one([...this.#known.values()].filter(({ held }) => held !== null));
    if (known === undefined || known.held === null) return;
    const { held } = known;
    const next = this.#random.pick([DELIVERED, EXHAUSTED, retryIn(1_000)]);
    const settled = await this.#scene.settle(held, next);
    if (settled.kind === "lost") return;
    known.state = settled.state;
    if (known.held === held) known.held = null;
  }

  async #release(): Promise<void> {
    const known = this.#one([...this.#known.values()].filter(({ held }) => held !== null));
    if (known === undefined || known.held === null || this.#random.chance(0.5)) return;
    const { held } = known;
    known.held = null;
    await this.#scene.store.release(held.lease);
  }

  async #seek(): Promise<void> {
    const webhook = this.#one(this.#webhooks)?.key ?? 0;
    const finalBefore = new Set([...this.#known].filter(([, { state }]) => state !== "pending").map(([key]) => key));
    const heldBefore = new Map([...this.#known].map(([key, { held }]) => [key, held]));
    for (const { key } of await this.#scene.store.seek({ webhook, isRetry: this.#random.chance(0.5), limit: 5 })) {
      expect(finalBefore.has(key)).toBe(false);
      const before = heldBefore.get(key) ?? null;
      expect(before !== null && this.#known.get(key)?.held === before).toBe(false);
    }
  }

  async #switch(): Promise<void> {
    const webhook = this.#one(this.#webhooks);
    if (webhook === undefined || this.#activity.get(webhook.key) === "unclear") return;
    const active = this.#activity.get(webhook.key) === "off";
    this.#activity.set(webhook.key, "unclear");
    await this.#scene.store.updateWebhook(TENANT, webhook.id, { active }, NOW, POSTHORN);
    this.#activity.set(webhook.key, active ? "on" : "off");
  }

  async #tidy(): Promise<void> {
    await this.#scene.tidy({ now: NOW + 10, before: NOW + 1, maxRows: 10 });
  }

  /** At the end nothing is under way: the logs must tell what the answers told, but for what tidying has cancelled. */
  async #compare(): Promise<void> {
    for (const { ready, held, state } of this.#known.values()) {
      const webhook = this.#webhooks.find(({ key }) => key === ready.webhook);
      const detail = await this.#scene.store.findLog(webhook?.key ?? 0, ready.payload?.deliveryId ?? "");
      const waits = held === null ? ["pending", "cancelled"] : ["sending"];
      expect(state === "pending" ? waits : [state]).toContain(detail?.entry.state ?? "");
    }
  }

  #one<Item>(items: readonly Item[]): Item | undefined {
    return items[this.#random.between(0, Math.max(0, items.length - 1))];
  }
}

export function racePromises(open: Open): void {
  describe("everything at once", () => {
    test("leaves no delivery with two holders, none that comes back, and none that is lost", async () => {
      await forEachSeed(SEEDS, async (seed) => {
        await using opened = await open();
        const scene = new Scene(opened.store);
        await new Race(scene, [await scene.webhook(), await scene.webhook()], seed).run();
      });
    });
  });
}
