/** As far publishers' clocks may differ: before an item older than that no newer one is looked for. */
export const clocksDifferMs = 60_000;
