/** What single users drawn at random came to, where {@link loadOf} has the mean. */
export interface Placement {
  /** Nodes at which a user has streams, on the mean. */
  readonly nodesPerUser: number;
  /** Streams at the fullest node against the mean of all. */
  readonly fullest: number;
}

/** Puts each stream of each user to a node at random; the same for the same `seed`. */
export function placeAtRandom(
  nodes: number,
  online: number,
  streamsPerUser: number,
  seed: number,
): Placement {
  const random = randomFrom(seed);
  const streamsAt = new Array<number>(nodes).fill(0);
  let places = 0;
  let streams = 0;
  for (let user = 0; user < online; user += 1) {
    const at = new Set<number>();
    const fewer = Math.floor(streamsPerUser);
    const count = fewer + (random() < streamsPerUser - fewer ? 1 : 0);
    for (let stream = 0; stream < count; stream += 1) {
      const node = Math.floor(random() * nodes);
      streamsAt[node] = (streamsAt[node] ?? 0) + 1;
      at.add(node);
    }
    places += at.size;
    streams += count;
  }
  return { nodesPerUser: places / online, fullest: Math.max(...streamsAt) / (streams / nodes) };
}

/** Numbers from 0 to 1 by a xorshift of 32 bits. */
function randomFrom(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
