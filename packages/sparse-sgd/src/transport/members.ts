/** Who belongs to a job, and how each stands with it. */

/**
 * present: rounds wait for it. lost: they do not, until it is heard from. joining: it came late and has not given a message
 * yet. left: it will give none any more.
 */
export type MemberStatus = 'present' | 'lost' | 'joining' | 'left';

/** A member as a snapshot holds it; its place in the list is its rank. */
export interface Member {
  readonly id: string;
  readonly status: MemberStatus;
  /** Sequence of the last entry of it. */
  readonly sequence: number;
}

interface Mutable {
  readonly id: string;
  status: MemberStatus;
  sequence: number;
}

/** The members in the order of their ranks. */
export class Members {
  #list: Mutable[] = [];
  readonly #ranks = new Map<string, number>();

  constructor(members: readonly Member[] = []) {
    for (const member of members) this.add(member.id, member.status, member.sequence);
  }

  get length(): number {
    return this.#list.length;
  }

  add(id: string, status: MemberStatus, sequence: number): number {
    this.#ranks.set(id, this.#list.length);
    return this.#list.push({ id, status, sequence }) - 1;
  }

  /** Takes a member out, before ranks mean anything. */
  remove(rank: number): void {
    const others = this.#list.filter((_, index) => index !== rank);
    this.#list = [];
    this.#ranks.clear();
    for (const { id, status, sequence } of others) this.add(id, status, sequence);
  }

  rank(id: string): number | undefined {
    return this.#ranks.get(id);
  }

  status(rank: number): MemberStatus {
    return this.#list[rank]!.status;
  }

  set(rank: number, status: MemberStatus): void {
    this.#list[rank]!.status = status;
  }

  /** Whether the entry with this sequence is a new one of the member; from then on it is not. */
  isNew(rank: number, sequence: number): boolean {
    const member = this.#list[rank]!;
    if (sequence <= member.sequence) return false;
    member.sequence = sequence;
    return true;
  }

  /** The ranks of those who stand so, ascending. */
  withStatus(status: MemberStatus): number[] {
    return [...this.#list.keys()].filter((rank) => this.#list[rank]!.status === status);
  }

  snapshot(): Member[] {
    return this.#list.map((member) => ({ ...member }));
  }
}
