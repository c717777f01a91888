// Blocks of message ids inside the control store: one block serves all the RPCs that name the same ids, and is counted.

internal import Basics

extension ControlStore {
  /// An empty block with one holder; nil when the store is full.
  mutating func createBlock() -> UInt32? {
    guard blocksUsed < maximum else { return nil }
    blocksUsed += 1
    let empty = Block(references: 1, head: Self.none, count: 0)
    if freeBlock != Self.none {
      let index = freeBlock
      freeBlock = blocks[index].head
      blocks[index] = empty
      return index
    }
    blocks.append(empty)
    return UInt32(blocks.count - 1)
  }

  mutating func release(block: UInt32) {
    blocks[block].references -= 1
    guard blocks[block].references == 0 else { return }
    sets.release(blocks[block].head)
    blocks[block].head = freeBlock
    freeBlock = block
    blocksUsed -= 1
  }

  /// Adds the handles of a mask, none of which is in the block.
  mutating func add(mask: UInt64, word: UInt32, toBlock block: UInt32) -> Bool {
    guard sets.add(mask: mask, word: word, to: &blocks[block].head) else { return false }
    blocks[block].count += UInt32(mask.nonzeroBitCount)
    return true
  }

  mutating func insert(_ handle: MessageHandle, into block: UInt32) -> Bool {
    switch sets.insert(handle, into: &blocks[block].head) {
    case .added: blocks[block].count += 1
    case .present: break
    case .full: return false
    }
    return true
  }

  /// A random choice of `wanted` ids of a larger block, as a block of its own in the same order; nil when the store is
  /// full. Selection sampling: one draw an id.
  mutating func sample(_ wanted: Int, ofBlock block: UInt32, _ random: inout RandomStream) -> UInt32? {
    guard let part = createBlock() else { return nil }
    var left = Int(blocks[block].count)
    var missing = wanted
    var index = blocks[block].head
    while index != Self.none, missing > 0 {
      let entry = sets[index]
      var source = entry.mask
      var chosen: UInt64 = 0
      while source != 0 {
        let bit = source & (0 &- source)
        source &= source &- 1
        if random.below(left) < missing {
          chosen |= bit
          missing -= 1
        }
        left -= 1
        if left == 0 { break }
      }
      if chosen != 0, !add(mask: chosen, word: entry.word, toBlock: part) {
        release(block: part)
        return nil
      }
      index = entry.next
    }
    return part
  }

  /// The `k`-th id of a block.
  @inline(__always)
  func identifier(_ k: Int, ofBlock block: UInt32) -> MessageHandle {
    var left = k
    var index = blocks[block].head
    while true {
      var mask = sets[index].mask
      let n = mask.nonzeroBitCount
      if left < n {
        for _ in 0..<left { mask &= mask &- 1 }
        return MessageHandle(rawValue: sets[index].word &<< 6 | UInt32(mask.trailingZeroBitCount))
      }
      left -= n
      index = sets[index].next
    }
  }

  func cursor(ofBlock block: UInt32) -> IdentifierCursor {
    let head = blocks[block].head
    return IdentifierCursor(entry: head, mask: head == Self.none ? 0 : sets[head].mask)
  }

  func identifierCount(ofBlock block: UInt32) -> Int { Int(blocks[block].count) }
  func head(ofBlock block: UInt32) -> UInt32 { blocks[block].head }
  func rawItem(_ index: ControlItemIndex) -> Item { items[index.rawValue] }
}
