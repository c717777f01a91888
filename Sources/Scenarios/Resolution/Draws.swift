// Draws that a scenario leaves to its seed: which of many. Keys come from what is drawn for, never from positions in a
// list, so that adding or removing one entry leaves the draws of all others as they were.

import Basics

/// FNV-1a over a text: a stable 64-bit name for a draw. Not for untrusted keys.
func drawKey(_ text: String) -> UInt64 {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
  return hash
}

/// `count` distinct members of `pool`, each subset alike, in ascending order of their position.
func draw<T>(_ count: Int, of pool: [T], _ stream: inout RandomStream) -> [T] {
  guard count < pool.count else { return pool }
  var order = Array(pool.indices)
  for k in 0..<count { order.swapAt(k, k + stream.below(order.count - k)) }
  return order[..<count].sorted().map { pool[$0] }
}

/// `count` distinct positions, each step drawn with probability proportional to the remaining weights. Positions of
/// weight zero come last, in order. Ascending.
///
/// Cost: `count` times the logarithm of the number of weights (a Fenwick tree of sums).
func drawWeighted(_ count: Int, weights: [UInt64], _ stream: inout RandomStream) -> [Int] {
  let n = weights.count
  guard count < n else { return Array(0..<n) }
  var tree = [UInt64](repeating: 0, count: n + 1)
  var total: UInt64 = 0
  for k in 0..<n {
    total += weights[k]
    var i = k + 1
    while i <= n {
      tree[i] += weights[k]
      i += i & -i
    }
  }
  var top = 1
  while top * 2 <= n { top *= 2 }
  var chosen: [Int] = []
  var taken = [Bool](repeating: false, count: n)
  while chosen.count < count, total > 0 {
    var target = stream.next().multipliedFullWidth(by: total).high
    var position = 0
    var step = top
    while step > 0 {
      if position + step <= n, tree[position + step] <= target {
        position += step
        target -= tree[position]
      }
      step /= 2
    }
    chosen.append(position)
    taken[position] = true
    total -= weights[position]
    var i = position + 1
    while i <= n {
      tree[i] -= weights[position]
      i += i & -i
    }
  }
  for k in 0..<n where chosen.count < count && !taken[k] { chosen.append(k) }
  return chosen.sorted()
}
