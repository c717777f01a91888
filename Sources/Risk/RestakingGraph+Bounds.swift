// What the certificate says about large graphs, where no search can.

extension RestakingGraph {
  /// How sure one can be that no attack pays.
  public enum Verdict: Sendable, Equatable {
    /// Certified secure with this slack.
    case certified(gamma: Double)
    /// The certificate fails. The graph may be secure nevertheless: the certificate is sufficient, not necessary.
    case notCertified(gamma: Double)
    /// Anybody could corrupt these services.
    case free([Int])
    /// No service with a profit stands behind any stake.
    case unconstrained
  }

  public var verdict: Verdict {
    let free = freeServices
    if !free.isEmpty { return .free(free) }
    guard let gamma = gammaCertified else { return .unconstrained }
    return gamma >= 0 ? .certified(gamma: gamma) : .notCertified(gamma: gamma)
  }

  /// Theorem 1 with the certified slack: the loss after a shock of share `psi`, the shock included, stays below this share
  /// of all stake. Nil without a positive slack.
  public func lossBound(shock psi: Double) -> Double? {
    gammaCertified.flatMap { $0 > 0 ? (1 + 1 / $0) * psi : nil }
  }
}
