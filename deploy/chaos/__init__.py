"""Proof by trial that ingest loses nothing: servers, network and workers are broken at chosen and at random moments.

Theory of operation:

- Lifts publish through one Mosquitto; a message counts from the moment its PUBACK stands, fsynced, in the `ledger`.
- Workers are real `ingest` processes. Between them and broker and database stand `proxy`s that cut at chosen bytes.
- `faults` breaks one thing after the other, drawn from a seed; some are allowed to overlap.
- After each fault all that the ledger held until then must reach the database within a limit.
- At the end `verdict` compares the whole ledger with the whole database: nothing lost, nothing twice, nothing that was
  never sent, one rescue for each alarm, in quarantine only what was sent to be unreadable.

The one thing that may lose messages is the broker killed by force, which promises less (contract 2.1): `broker_loss`
measures that apart.

`python -m deploy.chaos` runs it; the rest of Liftline knows nothing of this package.
"""
