/** What `run` finds out in each round about each contestant, by its `who`. Who goes first changes with the round. */
export async function interleaved(rounds, contestants, run) {
  const results = Object.fromEntries(contestants.map(({ who }) => [who, []]));
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const contestant = contestants[(round + turn) % contestants.length];
      results[contestant.who].push(await run(contestant));
    }
  }
  return results;
}
