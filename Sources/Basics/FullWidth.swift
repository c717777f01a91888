// Products of two 128-bit integers divided by a third, as Solidity's `mulDiv` does: the product is never cut off.

/// Floor of `a * b / d`, with a 256-bit product. Traps when `d` is zero or the quotient needs more than 128 bits.
@inlinable public func mulDiv(_ a: UInt128, _ b: UInt128, _ d: UInt128) -> UInt128 {
  let product = a.multipliedFullWidth(by: b)
  if product.high == 0 { return product.low / d }
  precondition(product.high < d, "mulDiv: quotient exceeds 128 bits")
  return d.dividingFullWidth(product).quotient
}

/// Ceiling of `a * b / d`, with a 256-bit product. Traps as `mulDiv` does.
@inlinable public func mulDivUp(_ a: UInt128, _ b: UInt128, _ d: UInt128) -> UInt128 {
  let product = a.multipliedFullWidth(by: b)
  precondition(product.high < d, "mulDivUp: quotient exceeds 128 bits")
  let (quotient, remainder) = d.dividingFullWidth(product)
  return remainder == 0 ? quotient : quotient + 1
}
