// How candidates come about: drawn from nothing, or from one that was worth keeping by changing a thing or two. Every
// draw comes from a stream that the caller made of (hunt's seed, number of the run).

import Basics

extension Ground {
  /// Times are multiples of this, milliseconds.
  static let step: UInt64 = 100
  /// Most troubles that a drawn candidate has.
  static let troublesMaximum = 4

  /// A candidate with a seed of its own and one to four troubles; now and then only the seed is new.
  func drawn(_ stream: inout RandomStream) -> Candidate {
    var candidate = start
    candidate.seed = stream.next() >> 40
    guard !forms.isEmpty else { return candidate }
    let count = stream.below(Self.troublesMaximum + 1)
    for _ in 0..<count { candidate.troubles.append(trouble(&stream)) }
    return candidate
  }

  /// A trouble of any kind, anywhere within the duration.
  func trouble(_ stream: inout RandomStream) -> Trouble {
    let index = deck[stream.below(deck.count)]
    let form = forms[index]
    let steps = max(2, Int(duration(start) / Self.step))
    var at = UInt64(stream.below(steps)) * Self.step
    if form.timing == .later { at = max(at, Self.step) }
    // Short ones as often as long ones: lengths are drawn by their logarithm.
    var length = Self.step
    let rest = max(duration(start) - min(at, duration(start)), 10 * Self.step)
    let doublings = max(1, 64 - (rest / Self.step).leadingZeroBitCount)
    length <<= UInt64(stream.below(doublings + 1))
    length += UInt64(stream.below(max(1, Int(length / Self.step)))) * Self.step
    var trouble = Trouble(
      form: index, isFault: form.list == .faults, at: at, length: length,
      levels: form.ladders.map { stream.below($0.count) }, draw: stream.next() >> 48)
    if form.list == .adversaries {
      trouble.isOpen = stream.below(8) == 0
      if stream.below(4) == 0 { trouble.manner = stream.below(TroubleForm.manners.count) }
    }
    return trouble
  }

  /// A near relative of `parent`.
  func mutated(_ parent: Candidate, _ stream: inout RandomStream) -> Candidate {
    var candidate = parent
    for _ in 0...stream.below(2) { change(&candidate, &stream) }
    return candidate
  }

  private func change(_ candidate: inout Candidate, _ stream: inout RandomStream) {
    let own = candidate.troubles.indices.filter { candidate.troubles[$0].form >= 0 }
    guard !forms.isEmpty, let some = own.isEmpty ? nil : own[stream.below(own.count)] else {
      if forms.isEmpty || stream.below(2) == 0 {
        candidate.seed = stream.next() >> 40
      } else {
        candidate.troubles.append(trouble(&stream))
      }
      return
    }
    let end = duration(candidate)
    switch stream.below(8) {
    case 0: candidate.seed = stream.next() >> 40
    case 1:
      if candidate.troubles.count < 2 * Self.troublesMaximum { candidate.troubles.append(trouble(&stream)) }
    case 2: candidate.troubles.remove(at: some)
    case 3:
      // A little earlier or later: a tenth of the duration at most.
      let reach = max(2, Int(end / Self.step / 10))
      let shift = UInt64(stream.below(reach)) * Self.step
      let at = candidate.troubles[some].at
      candidate.troubles[some].at =
        stream.below(2) == 0 ? at - min(at, shift) : min(at + shift, end - Self.step)
      if forms[candidate.troubles[some].form].timing == .later {
        candidate.troubles[some].at = max(candidate.troubles[some].at, Self.step)
      }
    case 4:
      let length = candidate.troubles[some].length
      candidate.troubles[some].length =
        stream.below(2) == 0 ? max(Self.step, length / 2 / Self.step * Self.step) : min(length * 2, end)
      candidate.troubles[some].isOpen = false
    case 5:
      // Another value in one of its holes, or, of an adversary, another manner.
      let ladders = forms[candidate.troubles[some].form].ladders
      let isFault = candidate.troubles[some].isFault
      let hole = stream.below(max(1, ladders.count + (isFault ? 0 : 1)))
      if !isFault, hole == ladders.count {
        candidate.troubles[some].manner = stream.below(TroubleForm.manners.count)
      } else if hole < ladders.count {
        candidate.troubles[some].levels[hole] = stream.below(ladders[hole].count)
      }
    case 6: candidate.troubles[some].draw = stream.next() >> 48
    default:
      // The same victims once more, or a trouble of another kind at the same time.
      var other = trouble(&stream)
      other.at = candidate.troubles[some].at
      if candidate.troubles.count < 2 * Self.troublesMaximum { candidate.troubles.append(other) }
    }
  }
}
