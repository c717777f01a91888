// Fixed-point arithmetic of the restaking contracts: shares of 10^18, full-width products, rounding as in SlashingLib.
//
// Shares are 128 bits wide where the contracts have 256; scaling factors and scaled shares are as wide as there. Results
// that need more are refused (`exceeds128Bits`), never cut off; total shares of a strategy stay below 10^38 in the
// contracts too.

public import Basics

/// One, in the contracts' fixed point.
public let wad: UInt128 = 1_000_000_000_000_000_000

/// Floor of `x * y / WAD`. Traps beyond 128 bits: use it where one factor is at most WAD.
@inlinable public func mulWad(_ x: UInt128, _ y: UInt128) -> UInt128 { mulDiv(x, y, wad) }

func checkedSum(_ a: UInt128, _ b: UInt128) throws(RestakingError) -> UInt128 {
  let (sum, overflow) = a.addingReportingOverflow(b)
  if overflow { throw .exceeds128Bits }
  return sum
}

/// What a slash takes of `amount` when the maximum magnitude falls from `previous` to `new`.
///
/// SlashingLib, `calcSlashedAmount`: `amount - ceil(amount * new / previous)`. What is kept rounds up.
@inline(__always) func slashedAmount(
  _ amount: UInt128, previous: UInt64, new: UInt64, _ place: Rounding
) -> UInt128 {
  amount - mulDiv(amount, UInt128(new), UInt128(previous), place)
}
