// What a certified slack promises: Durvasula and Roughgarden, "Robust Restaking Networks" (ITCS 2025), Theorems 1 and 7.

public import Exact

/// Theorem 1: with slack gamma > 0 the loss after a shock of share psi, the shock included, stays below (1 + 1/gamma) psi
/// of all stake. Nil without slack: any shock can then lose everything (Theorem 2).
public func lossBound<Number: StakeNumber>(gamma: Number, shock psi: Number) -> Number? {
  gamma > 0 ? (1 + 1 / gamma) * psi : nil
}

/// Theorem 7 for cascades of reference depth k: with slack gamma > 0, `shock` stake lost at first and `smallest` the
/// smallest positive stake, a cascade has fewer than k * (1 + log(shock / (smallest * gamma)) / log(1 + gamma)) rounds.
/// Returns the factor of k; nil without slack, without a shock or without stake.
public func cascadeLengthBound(gamma: Rational, shock: Rational, smallest: Rational) -> Double? {
  guard gamma > 0, shock > 0, smallest > 0 else { return nil }
  return 1 + logarithm((shock / (smallest * gamma)).double) / logarithm((1 + gamma).double)
}

/// The natural logarithm of a positive number from + - * / alone, so that it is the same everywhere: the C library's
/// differs between processors. Relative error below 1e-14 away from one.
func logarithm(_ x: Double) -> Double {
  precondition(x > 0 && x.isFinite)
  // x = m * 2^e with m in [sqrt(1/2), sqrt(2)); log m = 2 artanh((m - 1) / (m + 1)).
  var m = x.significand
  var e = Double(x.exponent)
  if m > 1.414_213_562_373_095_1 {
    m /= 2
    e += 1
  }
  let s = (m - 1) / (m + 1)
  let square = s * s
  var sum = 0.0
  for k in stride(from: 41, through: 1, by: -2) { sum = sum * square + 1 / Double(k) }
  return e * 0.693_147_180_559_945_3 + 2 * s * sum
}
