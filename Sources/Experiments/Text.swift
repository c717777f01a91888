// Numbers for tables: a fixed count of decimals, no locale.

/// `value` with `decimals` decimals.
public func text(_ value: Double, _ decimals: Int) -> String {
  if value.isNaN { return "-" }
  if value.isInfinite { return value < 0 ? "-inf" : "inf" }
  var scale = 1.0
  for _ in 0..<decimals { scale *= 10 }
  let scaled = (value < 0 ? -value : value) * scale + 0.5
  guard scaled < 9e18 else { return "\(value)" }
  let whole = UInt64(scaled)
  let sign = value < 0 && whole > 0 ? "-" : ""
  guard decimals > 0 else { return sign + String(whole) }
  let unit = UInt64(scale)
  let rest = String(whole % unit)
  return sign + "\(whole / unit)." + String(repeating: "0", count: decimals - rest.count) + rest
}
