// Dense ids of the restaking ledger. Addresses and names become ids once, when the ledger is set up; after that every
// table is an array by id.

/// Height of a block. Blocks follow time: see `ChainParameters.block(at:)`.
public typealias BlockNumber = UInt64

/// Anybody with an address: staker, operator, AVS, slasher, recipient of redistributed stake.
@frozen public struct AccountID: Hashable, Comparable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  @inlinable public init(_ rawValue: UInt32) { self.rawValue = rawValue }
  @inlinable public init(_ index: Int) { rawValue = UInt32(truncatingIfNeeded: index) }
  @inlinable public var index: Int { Int(rawValue) }
  @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// A strategy: the pool of one asset. Ascending ids stand for ascending contract addresses, the order that
/// `slashOperator` demands.
@frozen public struct StrategyID: Hashable, Comparable, Sendable, BitwiseCopyable {
  public var rawValue: UInt16
  @inlinable public init(_ rawValue: UInt16) { self.rawValue = rawValue }
  @inlinable public init(_ index: Int) { rawValue = UInt16(truncatingIfNeeded: index) }
  @inlinable public var index: Int { Int(rawValue) }
  @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// An operator set, in order of creation. Its name in the contracts is (AVS address, number).
@frozen public struct OperatorSetID: Hashable, Comparable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  @inlinable public init(_ rawValue: UInt32) { self.rawValue = rawValue }
  @inlinable public init(_ index: Int) { rawValue = UInt32(truncatingIfNeeded: index) }
  @inlinable public var index: Int { Int(rawValue) }
  @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// A queued withdrawal, in order of queueing over the whole ledger.
@frozen public struct WithdrawalID: Hashable, Comparable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  @inlinable public init(_ rawValue: UInt32) { self.rawValue = rawValue }
  @inlinable public init(_ index: Int) { rawValue = UInt32(truncatingIfNeeded: index) }
  @inlinable public var index: Int { Int(rawValue) }
  @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}
