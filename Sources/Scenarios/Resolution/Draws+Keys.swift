// Names of draws: what is drawn for, as text.

import Foundation

/// The canonical text of a plan: sorted keys, exact numbers.
func canonicalText(_ value: some Encodable) -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  guard let data = try? encoder.encode(value) else { preconditionFailure("a plan that does not encode") }
  return String(decoding: data, as: UTF8.self)
}
