// Work in progress: what a node will do when its CPU is done. A slab with a free list; a job dies with the incarnation
// of the node that took it.

import Basics
import Gossip

/// One piece of work on a node's CPU.
struct Job: BitwiseCopyable {
  enum Kind: UInt8, BitwiseCopyable {
    /// Check a received attestation. `message`, `slot`.
    case verify
    /// The same for a further vote of a duty, which is not forwarded but may be evidence.
    case verifyRepeated
    /// Compute and sign the result of `task`.
    case attest
    /// Compute `task` again to judge the attestation in `message`.
    case recompute
    /// Publish what was signed: `message`, to `audience`.
    case publish
    /// The same for the second half of an equivocation, whose duty the first one is.
    case publishSecond
    /// Look who has not been heard of about `task`, now that its response window is over.
    case missing
  }
  var kind: Kind
  var node: NodeID
  var incarnation: UInt32
  var message: MessageHandle
  var slot: UInt32
  var task: TaskID
  var audience = Audience.all
}

struct JobTable: ~Copyable {
  private var jobs = Table<Job>(capacity: 1_024)
  private var free = Table<UInt32>(capacity: 1_024)

  mutating func add(_ job: Job) -> UInt32 {
    if let index = free.popLast() {
      jobs[index] = job
      return index
    }
    jobs.append(job)
    return UInt32(jobs.count - 1)
  }

  mutating func take(_ index: UInt32) -> Job {
    let job = jobs[index]
    free.append(index)
    return job
  }

  var inProgress: Int { jobs.count - free.count }
}
