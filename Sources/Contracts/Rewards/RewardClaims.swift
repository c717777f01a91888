// Roots of cumulative earnings, and claims against them.

public import BigInt
public import Signatures

/// A claim: some tokens of one earner under one root. `RewardsMerkleClaim`.
public struct RewardClaim: Sendable, Equatable {
  /// A leaf of an earner's token tree.
  public struct TokenLeaf: Sendable, Equatable {
    public var token: TokenID
    /// Everything earned since ever. A uint256.
    public var cumulativeEarnings: BigUInt
    public init(token: TokenID, cumulativeEarnings: BigUInt) {
      self.token = token
      self.cumulativeEarnings = cumulativeEarnings
    }
  }
  public var rootIndex: UInt32
  public var earnerIndex: UInt32
  /// Siblings from the leaf up, 32 bytes each.
  public var earnerProof: [UInt8]
  public var earner: AccountID
  public var earnerTokenRoot: Hash256
  public var tokenIndices: [UInt32]
  public var tokenProofs: [[UInt8]]
  public var tokenLeaves: [TokenLeaf]

  public init(
    rootIndex: UInt32, earnerIndex: UInt32, earnerProof: [UInt8], earner: AccountID, earnerTokenRoot: Hash256,
    tokenIndices: [UInt32], tokenProofs: [[UInt8]], tokenLeaves: [TokenLeaf]
  ) {
    self.rootIndex = rootIndex
    self.earnerIndex = earnerIndex
    self.earnerProof = earnerProof
    self.earner = earner
    self.earnerTokenRoot = earnerTokenRoot
    self.tokenIndices = tokenIndices
    self.tokenProofs = tokenProofs
    self.tokenLeaves = tokenLeaves
  }
}

extension RewardsCoordinator {
  // MARK: - Roots

  /// Effects: enters a root over all earnings until `calculationEnd`, active from now + activation delay on. Returns its index.
  /// Errors, in order: unauthorizedCaller, newRootMustBeForNewCalculatedPeriod, rewardsEndTimestampNotElapsed.
  @discardableResult
  public mutating func submitRoot(
    _ root: Hash256, calculationEnd: UInt32, by caller: AccountID, at now: UInt64
  ) throws(RewardsError) -> Int {
    guard caller == updater else { throw .unauthorizedCaller }
    // Disabled roots count: their period is over, too.
    guard calculationEnd > roots.last?.calculationEnd ?? 0 else { throw .newRootMustBeForNewCalculatedPeriod }
    guard UInt64(calculationEnd) < now else { throw .rewardsEndTimestampNotElapsed }
    roots.append(
      DistributionRoot(root: root, calculationEnd: calculationEnd, activatedAt: try activation(at: now)))
    return roots.count - 1
  }

  /// Effects: takes a root out of force before it is active; it keeps its index, and nobody claims against it.
  /// Errors, in order: unauthorizedCaller, invalidRootIndex, rootDisabled, rootAlreadyActivated.
  public mutating func disableRoot(
    _ index: UInt32, by caller: AccountID, at now: UInt64
  ) throws(RewardsError) {
    guard caller == updater else { throw .unauthorizedCaller }
    guard index < roots.count else { throw .invalidRootIndex }
    if roots[Int(index)].isDisabled { throw .rootDisabled }
    guard now < UInt64(roots[Int(index)].activatedAt) else { throw .rootAlreadyActivated }
    roots[Int(index)].isDisabled = true
  }

  // MARK: - Claims

  /// Whether a claim is proven. Says nothing about what is still to be paid.
  ///
  /// Errors, in order: indexOutOfBounds, rootDisabled, rootNotActivated, inputArrayLengthMismatch; for the earner
  /// invalidEarnerLeafIndex, emptyRoot, invalidProofLength, invalidClaimProof; for each token the same.
  public func checkClaim(_ claim: RewardClaim, at now: UInt64) throws(RewardsError) {
    guard claim.rootIndex < roots.count else { throw .indexOutOfBounds }
    let root = roots[Int(claim.rootIndex)]
    if root.isDisabled { throw .rootDisabled }
    guard now >= UInt64(root.activatedAt) else { throw .rootNotActivated }
    guard claim.tokenIndices.count == claim.tokenProofs.count,
      claim.tokenProofs.count == claim.tokenLeaves.count
    else { throw .inputArrayLengthMismatch }

    guard Self.isBelow(claim.earnerIndex, proof: claim.earnerProof) else { throw .invalidEarnerLeafIndex }
    let leaf = DistributionTree.earnerLeaf(
      addresses.accounts[claim.earner.index], tokenRoot: claim.earnerTokenRoot)
    try Self.checkInclusion(leaf, claim.earnerIndex, claim.earnerProof, root.root)
    for k in claim.tokenIndices.indices {
      guard Self.isBelow(claim.tokenIndices[k], proof: claim.tokenProofs[k]) else {
        throw .invalidTokenLeafIndex
      }
      let leaf = DistributionTree.tokenLeaf(
        addresses.tokens[claim.tokenLeaves[k].token.index], claim.tokenLeaves[k].cumulativeEarnings)
      try Self.checkInclusion(leaf, claim.tokenIndices[k], claim.tokenProofs[k], claim.earnerTokenRoot)
    }
  }

  /// index < 2^(words of the proof): so that no leaf has two indices.
  private static func isBelow(_ index: UInt32, proof: [UInt8]) -> Bool {
    let words = proof.count / 32
    // In the contract's 256-bit arithmetic 1 << 256 is zero.
    if words >= 256 { return false }
    return words >= 32 || index < UInt32(1) << UInt32(words)
  }

  private static func checkInclusion(
    _ leaf: Hash256, _ index: UInt32, _ proof: [UInt8], _ root: Hash256
  ) throws(RewardsError) {
    if root == .zero { throw .emptyRoot }
    guard proof.count % 32 == 0 else { throw .invalidProofLength }
    guard DistributionTree.root(of: leaf, at: index, proof: proof) == root else { throw .invalidClaimProof }
  }

  /// Effects: pays what the root promises beyond what the earner has claimed, token by token, to `recipient`. Returns the amounts.
  ///
  /// Errors, in order: those of `checkClaim`, unauthorizedCaller; for each token earningsNotGreaterThanClaimed.
  @discardableResult
  public mutating func processClaim(
    _ claim: RewardClaim, to recipient: AccountID, by caller: AccountID, at now: UInt64
  ) throws(RewardsError) -> [BigUInt] {
    try checkClaim(claim, at: now)
    guard caller == claimer(for: claim.earner) else { throw .unauthorizedCaller }
    // A token may occur twice; then the second leaf has to promise more than the first.
    var paid: [BigUInt] = []
    var due: [TokenID: BigUInt] = [:]
    var reached: [TokenID: BigUInt] = [:]
    for leaf in claim.tokenLeaves {
      let before = reached[leaf.token] ?? cumulativeClaimed(by: claim.earner, leaf.token)
      guard leaf.cumulativeEarnings > before else { throw .earningsNotGreaterThanClaimed }
      paid.append(leaf.cumulativeEarnings - before)
      reached[leaf.token] = leaf.cumulativeEarnings
      due[leaf.token, default: 0] += leaf.cumulativeEarnings - before
      if due[leaf.token] ?? 0 > balance(of: account, leaf.token) { throw .transferExceedsBalance }
    }
    for (leaf, amount) in zip(claim.tokenLeaves, paid) {
      claimed[Holding(account: claim.earner, token: leaf.token)] = leaf.cumulativeEarnings
      pay(amount, leaf.token, to: recipient)
    }
    return paid
  }
}
