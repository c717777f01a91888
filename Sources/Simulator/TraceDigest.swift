// A fingerprint of everything that happened: one 64-bit number over the (time, slot, payload) of every event, chained
// window by window, and the number as it stood after each window, so that two runs can be compared to the first window
// in which they differ.
//
// Inside a window the events' terms are added: events are in total order anyway, and a sum lets threads that share a
// window each add up their own. Across windows the order counts.

import Basics

/// Rolling digest of a run's events.
public struct TraceDigest: Sendable {
  /// The digest after a window that had events.
  public struct Window: Equatable, Sendable {
    /// Number of the window: instants from `index << TraceDigest.windowBits`.
    public var index: UInt64
    /// Events in it.
    public var events: UInt64
    /// Digest of everything up to its end.
    public var digest: UInt64
  }
  /// log2 of a window's nanoseconds: 8.4 ms.
  public static let windowBits: UInt64 = 23

  /// Every window closed so far that had events.
  public private(set) var windows: [Window] = []
  private var chain: UInt64 = 0x6176_7369_6D20_3031
  private var index: UInt64 = 0
  private var sum: UInt64 = 0
  private var events: UInt64 = 0

  public init() {}

  /// The digest of all events so far, the open window included.
  public var value: UInt64 { events == 0 ? chain : Self.close(chain, index, sum, events) }

  /// The term of one event: a full product of two mixed halves, folded.
  @inline(__always) static func term(_ event: Event) -> UInt64 {
    let product = (event.time.nanoseconds &+ 0x9E37_79B9_7F4A_7C15)
      .multipliedFullWidth(by: event.rank ^ 0xD1B5_4A32_D192_ED03)
    return product.high ^ product.low
  }

  /// Adds the sum of terms of `count` events of one window, none earlier than those added before.
  mutating func add(_ terms: UInt64, count: UInt64, window: UInt64) {
    if count == 0 { return }
    if window != index {
      precondition(window > index, "digest of window \(window) after \(index)")
      closeWindow()
      index = window
    }
    sum &+= terms
    events += count
  }

  private mutating func closeWindow() {
    if events == 0 { return }
    chain = value
    windows.append(Window(index: index, events: events, digest: chain))
    sum = 0
    events = 0
  }

  private static func close(_ chain: UInt64, _ index: UInt64, _ sum: UInt64, _ events: UInt64) -> UInt64 {
    mix(mix(mix(chain ^ index) &+ sum) &+ events)
  }

  /// The windows, the open one included.
  public var history: [Window] {
    events == 0 ? windows : windows + [Window(index: index, events: events, digest: value)]
  }

  /// The index of the first window in which two runs differ; nil when they are equal.
  public static func firstDifference(_ a: [Window], _ b: [Window]) -> UInt64? {
    for k in 0..<max(a.count, b.count) {
      if k >= a.count { return b[k].index }
      if k >= b.count { return a[k].index }
      if a[k] != b[k] { return min(a[k].index, b[k].index) }
    }
    return nil
  }
}

extension TraceDigest: CustomStringConvertible {
  /// Sixteen hexadecimal digits, as in `summary.json`.
  public var description: String { Self.text(value) }

  public static func text(_ digest: UInt64) -> String {
    let digits = String(digest, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
