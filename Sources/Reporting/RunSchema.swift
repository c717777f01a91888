// The tables of `run.sqlite`. SQLite keeps the text of CREATE TABLE, comments included, so the database explains itself:
// `sqlite3 run.sqlite .schema`. Adding columns is free; a column here keeps its name and meaning.
//
// Throughout: times are nanoseconds since the start of the run (virtual in the simulator, monotonic in the cluster) and end in
// `_ns`; amounts of wei are decimal text, since SQLite's integers end at 2^63; shares of stake are in bips, hundredths of a
// percent; 0 and 1 stand for false and true; NULL is *never happened* or *undefined*.

/// The schema.
enum RunSchema {
  /// Written to `PRAGMA user_version`.
  static let version = 2

  static let tables = [
    """
    CREATE TABLE nodes (          -- every participant of the network
      id INTEGER PRIMARY KEY,     -- dense, from 0, in topology order
      name TEXT NOT NULL,         -- from the topology or the scenario
      region TEXT NOT NULL,       -- empty without regions
      role TEXT NOT NULL,         -- operator, aggregator, watcher, full; several joined by +
      stake_wei TEXT NOT NULL,    -- delegated to it at the start
      cores REAL,                 -- NULL when its processor is not modelled
      services INTEGER NOT NULL   -- how many services it serves
    ) STRICT
    """,
    """
    CREATE TABLE services (       -- the AVSs
      id INTEGER PRIMARY KEY,     -- dense, from 0, in scenario order
      name TEXT NOT NULL,
      operators INTEGER NOT NULL, -- size of its operator set at the start
      stake_wei TEXT NOT NULL,    -- of its operator set at the start
      quorum_bips INTEGER NOT NULL, -- stake that must attest one result
      window_ns INTEGER NOT NULL  -- response window: from a task's due instant to its deadline
    ) STRICT
    """,
    """
    CREATE TABLE tasks (          -- units of work; every operator of the service's set owes one attestation for each
      id INTEGER PRIMARY KEY,     -- dense over the whole run, in order of issue
      service INTEGER NOT NULL,   -- services.id
      due_ns INTEGER NOT NULL,    -- when it fell due, by the schedule
      deadline_ns INTEGER NOT NULL, -- end of the response window
      state TEXT NOT NULL,        -- certified, missed, wrong (certified with an untrue result), open (undecided)
      quorum_ns INTEGER,          -- when an aggregator first held a quorum
      certificate_ns INTEGER,     -- when the certificate's transaction was included
      signed_bips INTEGER NOT NULL -- stake in the certificate, or in the best tally without one
    ) STRICT
    """,
    """
    CREATE TABLE attestations (   -- what every operator owed for every task, and what became of it
      task INTEGER NOT NULL,      -- tasks.id
      operator INTEGER NOT NULL,  -- nodes.id
      published_ns INTEGER,       -- NULL when nothing was published
      received_ns INTEGER,        -- when an aggregator first had it
      on_time INTEGER NOT NULL,   -- 1: an aggregator had it inside the response window
      expected INTEGER NOT NULL,  -- subscribers that ran and were not cut off for the whole of its lifetime
      received_by INTEGER NOT NULL, -- how many of those had it
      cause TEXT,                 -- why it was not on time: silent (by choice), crashed, overloaded, partitioned, late
      PRIMARY KEY (task, operator)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE certificates (   -- one for each certificate transaction
      id INTEGER PRIMARY KEY,
      task INTEGER NOT NULL,      -- tasks.id
      service INTEGER NOT NULL,   -- services.id
      aggregator INTEGER NOT NULL, -- nodes.id of its sender
      signers INTEGER NOT NULL,
      signed_bips INTEGER NOT NULL,
      quorum_ns INTEGER,          -- when this aggregator first held a quorum
      submitted_ns INTEGER NOT NULL,
      included_ns INTEGER,
      block INTEGER,              -- blocks.number
      outcome TEXT NOT NULL       -- accepted, pending, or why the coordinator refused it
    ) STRICT
    """,
    """
    CREATE TABLE offences (       -- the truth: recorded at its source, before any network effect
      id INTEGER PRIMARY KEY,
      operator INTEGER NOT NULL,  -- nodes.id
      service INTEGER NOT NULL,   -- services.id
      class TEXT NOT NULL,        -- equivocation, surround, invalid_result, ...
      task INTEGER NOT NULL,      -- tasks.id; for rules over a window (liveness) the window's number
      at_ns INTEGER NOT NULL,
      violated INTEGER NOT NULL,  -- 1: the rule was broken
      culpable INTEGER NOT NULL,  -- 1: by choice; a crash breaks an SLA without malice
      observable INTEGER NOT NULL, -- 1: the evidence reached an honest running watcher inside the window
      evidence_ns INTEGER,        -- when the first honest watcher held it
      due_wei TEXT NOT NULL,      -- what the rule takes for it by the truth, of what earlier rightful slashes left
      cause TEXT NOT NULL,        -- how it came about, or why nobody could see it
      verdict TEXT                -- true_positive, false_negative, no_violation; NULL until the run ends
    ) STRICT
    """,
    """
    CREATE TABLE evidence (       -- cases that watchers made
      id INTEGER PRIMARY KEY,
      class TEXT NOT NULL,
      operator INTEGER NOT NULL,  -- nodes.id of the accused
      service INTEGER NOT NULL,   -- services.id
      task INTEGER NOT NULL,      -- as in offences
      watcher INTEGER NOT NULL,   -- nodes.id of the accuser
      first_seen_ns INTEGER NOT NULL, -- when the watcher held the whole of it
      submitted_ns INTEGER,
      included_ns INTEGER,
      outcome TEXT NOT NULL       -- accepted, duplicate, pending, or why the coordinator refused it
    ) STRICT
    """,
    """
    CREATE TABLE slashes (        -- slashing requests and how far they came
      id INTEGER PRIMARY KEY,
      operator INTEGER NOT NULL,  -- nodes.id
      service INTEGER NOT NULL,   -- services.id
      class TEXT NOT NULL,
      task INTEGER NOT NULL,      -- as in offences
      requested_ns INTEGER NOT NULL,
      executed_ns INTEGER,
      state TEXT NOT NULL,        -- pending, executed, vetoed, disputed, expired
      due_wei TEXT NOT NULL,      -- what the chain's penalty asked for
      taken_wei TEXT NOT NULL,
      burned_wei TEXT NOT NULL,   -- of taken_wei
      redistributed_wei TEXT NOT NULL, -- of taken_wei
      collateral_wei TEXT NOT NULL, -- of taken_wei: from stakers who had not chosen this operator
      verdict TEXT,               -- true_positive, false_positive, wrong_class, not_executed; NULL until the run ends
      offence INTEGER,            -- offences.id of what it punished or, with the wrong class, meant to
      cause TEXT NOT NULL DEFAULT '', -- of a slash that punished nobody's choice: what hit the operator, from recorded facts
      account TEXT NOT NULL DEFAULT '', -- of an unjust slash: what the operator did and what was seen of it
      remedy TEXT NOT NULL DEFAULT ''   -- of an unjust slash: what would have saved it
    ) STRICT
    """,
    """
    CREATE TABLE rewards (        -- of the services' reward pools; the rows of a service's epoch add up to what it submitted
      epoch INTEGER NOT NULL,
      service INTEGER NOT NULL,   -- services.id
      role TEXT NOT NULL,         -- operator, stakers (of an operator together; issuers' part of it is in incomes), curators, dust, refunded
      account TEXT NOT NULL,      -- the operator's name; empty for dust and refunds
      wei TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE blocks (         -- slots of the modelled chain in which something could happen
      number INTEGER PRIMARY KEY,
      at_ns INTEGER NOT NULL,
      transactions INTEGER NOT NULL,
      gas INTEGER NOT NULL,       -- of the transactions and of what keepers did
      others_gas INTEGER NOT NULL, -- of the chain's other users; 0 without a fee market
      base_fee_wei TEXT,          -- a gas; NULL without a fee market
      fate TEXT NOT NULL,         -- canonical, missed (something waited and no block came), orphaned (undone by a reorg)
      certificate_gas INTEGER NOT NULL DEFAULT 0, -- of gas: certificates
      evidence_gas INTEGER NOT NULL DEFAULT 0,    -- of gas: evidence
      other_gas INTEGER NOT NULL DEFAULT 0,       -- of gas: other transactions; keepers used the rest
      waiting_certificates INTEGER NOT NULL DEFAULT 0, -- left in the mempool
      waiting_evidence INTEGER NOT NULL DEFAULT 0,
      waiting INTEGER NOT NULL DEFAULT 0,         -- left in the mempool, of all kinds
      censored INTEGER NOT NULL DEFAULT 0         -- transactions that fitted and that the builder left out
    ) STRICT
    """,
    """
    CREATE TABLE undone (         -- transactions of blocks that a reorg undid
      id INTEGER PRIMARY KEY,
      reorg_ns INTEGER NOT NULL,  -- when the reorg happened
      tx INTEGER NOT NULL,        -- number of the transaction, in order of reaching the mempool
      kind TEXT NOT NULL,         -- certificate, evidence, createTask, dispute, veto, stake
      sender INTEGER NOT NULL,    -- nodes.id
      block INTEGER NOT NULL,     -- the block undone
      lost INTEGER NOT NULL,      -- 1: nobody had it any more; 0: it waited again
      resubmitted_ns INTEGER,     -- when its sender sent it again
      included_ns INTEGER,        -- when it was in a block again
      outcome TEXT NOT NULL       -- pending, replayed, resubmitted (and included), refused (when it came again), lost
    ) STRICT
    """,
    """
    CREATE TABLE faults (
      id INTEGER PRIMARY KEY,
      kind TEXT NOT NULL,         -- partition, crash, latency, loss, ...
      place TEXT NOT NULL,        -- whom it hit
      at_ns INTEGER NOT NULL,
      healed_ns INTEGER           -- NULL while in force
    ) STRICT
    """,
    """
    CREATE TABLE samples (        -- what happened in each interval, for drawing over time
      at_ns INTEGER PRIMARY KEY,  -- the interval's end
      interval_ns INTEGER NOT NULL,
      offered INTEGER NOT NULL,   -- attestations that fell due
      published INTEGER NOT NULL, -- attestations published
      certified INTEGER NOT NULL, -- attestations in certificates completed
      tasks_due INTEGER NOT NULL,
      tasks_certified INTEGER NOT NULL,
      tasks_missed INTEGER NOT NULL, -- response window ended, and no aggregator held a quorum
      copies INTEGER NOT NULL,    -- message copies received, first and later ones
      bytes INTEGER NOT NULL,     -- sent
      quorum_p50_ns INTEGER,      -- of tasks that reached their quorum in the interval, from their due instant
      quorum_p99_ns INTEGER,
      cpu_utilisation REAL,       -- mean share of busy cores over operators
      nodes_up INTEGER NOT NULL,
      sybil_mesh_share REAL       -- places in honest nodes' meshes that Sybils have, of all; NULL without Sybils
    ) STRICT
    """,
    """
    CREATE TABLE histograms (     -- whole latency distributions, for drawing; buckets of at most 1/32 of their lower bound
      measure TEXT NOT NULL,      -- propagation, quorum, certificate, as in summary.json
      lower_ns INTEGER NOT NULL,  -- smallest value of the bucket
      width_ns INTEGER NOT NULL,
      count INTEGER NOT NULL,
      PRIMARY KEY (measure, lower_ns)
    ) STRICT
    """,
    """
    CREATE TABLE trace (          -- fingerprint of a simulation's events, window by window; for `avsim replay --verify`
      window INTEGER PRIMARY KEY, -- instants from window << 23 nanoseconds
      events INTEGER NOT NULL,    -- in it
      digest TEXT NOT NULL        -- over everything up to its end; the last is `traceDigest`
    ) STRICT
    """,
  ]
}
