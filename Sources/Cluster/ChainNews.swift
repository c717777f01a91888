// What nodes learn from the chain, on its way to their process.

internal import AVS
internal import Basics
internal import Signatures

/// A change on chain that nodes act on.
enum ChainNews: Equatable {
  case certificate(TaskID, Digest)
  /// The certificate of this task, naming this result, is challenged.
  case challenge(TaskID, Digest)
  case stake(ServiceID, [UInt128])
  case certificateUndone(TaskID)
  /// A case was opened against this node.
  case accused(NodeID)
  /// A submission's bytes.
  case lost([UInt8])

  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    switch self {
    case .certificate(let task, let result), .challenge(let task, let result):
      if case .challenge = self { bytes.append(3) } else { bytes.append(1) }
      bytes.append(number: UInt64(task.rawValue), 4)
      for word in [result.w0, result.w1, result.w2, result.w3] { bytes.append(number: word, 8) }
    case .stake(let service, let weights):
      bytes.append(2)
      bytes.append(number: UInt64(service.rawValue), 2)
      for weight in weights { bytes.append(wide: weight) }
    case .certificateUndone(let task):
      bytes.append(5)
      bytes.append(number: UInt64(task.rawValue), 4)
    case .accused(let node):
      bytes.append(6)
      bytes.append(number: UInt64(node.rawValue), 4)
    case .lost(let submission):
      bytes.append(4)
      bytes += submission
    }
    return bytes
  }

  /// Nil for bytes that are no news.
  init?(decoding bytes: [UInt8]) {
    var reader = WireReader(bytes)
    let kind = reader.number(1)
    switch kind {
    case 1, 3:
      guard let task = reader.number(4), let w0 = reader.number(8), let w1 = reader.number(8),
        let w2 = reader.number(8), let w3 = reader.number(8), reader.isAtEnd
      else { return nil }
      let result = Digest(w0, w1, w2, w3)
      self =
        kind == 1 ? .certificate(TaskID(UInt32(task)), result) : .challenge(TaskID(UInt32(task)), result)
    case 2:
      guard let service = reader.number(2), reader.remaining % 16 == 0 else { return nil }
      var weights: [UInt128] = []
      while let weight = reader.wide() { weights.append(weight) }
      self = .stake(ServiceID(UInt16(service)), weights)
    case 5:
      guard let task = reader.number(4), reader.isAtEnd else { return nil }
      self = .certificateUndone(TaskID(UInt32(task)))
    case 6:
      guard let node = reader.number(4), reader.isAtEnd else { return nil }
      self = .accused(NodeID(UInt32(node)))
    case 4:
      guard let rest = reader.bytes(reader.remaining) else { return nil }
      self = .lost(rest)
    default: return nil
    }
  }
}
