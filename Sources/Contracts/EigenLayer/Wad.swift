// Fixed-point arithmetic of the restaking contracts: shares of 10^18, full-width products, rounding as in SlashingLib.
//
// Values are 128 bits wide where the contracts have 256, scaled shares excepted. Results that need more are refused
// (`exceeds128Bits`), never cut off; total shares of a strategy stay below 10^38 in the contracts too.

public import Basics

/// One, in the contracts' fixed point.
public let wad: UInt128 = 1_000_000_000_000_000_000

/// Floor of `x * y / WAD`. SlashingLib, `mulWad`. Traps beyond 128 bits: use it where one factor is at most WAD.
@inlinable public func mulWad(_ x: UInt128, _ y: UInt128) -> UInt128 { mulDiv(x, y, wad) }

/// Floor of `x * WAD / y`. SlashingLib, `divWad`. Traps when `y` is zero and beyond 128 bits: use it where x is at most y.
@inlinable public func divWad(_ x: UInt128, _ y: UInt128) -> UInt128 { mulDiv(x, wad, y) }

/// Ceiling of `a * b / d`; short products take the short way.
@inlinable func ceilingDivision(_ a: UInt128, _ b: UInt128, _ d: UInt128) -> UInt128 {
  let product = a.multipliedFullWidth(by: b)
  if product.high == 0 {
    let (quotient, remainder) = product.low.quotientAndRemainder(dividingBy: d)
    return remainder == 0 ? quotient : quotient + 1
  }
  return mulDivUp(a, b, d)
}

/// Floor of `a * b / d`, refused beyond 128 bits. `d` is not zero.
func checkedMulDiv(_ a: UInt128, _ b: UInt128, _ d: UInt128) throws(RestakingError) -> UInt128 {
  let product = a.multipliedFullWidth(by: b)
  if product.high == 0 { return product.low / d }
  guard product.high < d else { throw .exceeds128Bits }
  return d.dividingFullWidth(product).quotient
}

func checkedSum(_ a: UInt128, _ b: UInt128) throws(RestakingError) -> UInt128 {
  let (sum, overflow) = a.addingReportingOverflow(b)
  if overflow { throw .exceeds128Bits }
  return sum
}

/// What a slash takes of `amount` when the maximum magnitude falls from `previous` to `new`.
///
/// SlashingLib, `calcSlashedAmount`: `amount - ceil(amount * new / previous)`. What is kept rounds up, so that a slash
/// never takes more of the stakers' shares than its share: tiny slashes may take magnitude and no share.
@inlinable public func slashedAmount(_ amount: UInt128, previous: UInt64, new: UInt64) -> UInt128 {
  amount - ceilingDivision(amount, UInt128(new), UInt128(previous))
}

/// Floor of `a * b / d`: rounded against whoever is paid. Traps as `mulDiv` does.
@inlinable func mulDivDown(_ a: UInt128, _ b: UInt128, _ d: UInt128) -> UInt128 { mulDiv(a, b, d) }
