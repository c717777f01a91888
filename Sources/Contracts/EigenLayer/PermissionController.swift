// Who may call for whom. PermissionController of eigenlayer-contracts v1.12.0.

/// A function of a contract: what an appointee is allowed to call.
public struct CallRight: Hashable, Sendable {
  /// The contract.
  public var target: AccountID
  /// The first four bytes of the hash of the function's signature.
  public var selector: UInt32
  public init(target: AccountID, selector: UInt32) {
    self.target = target
    self.selector = selector
  }
}

/// Why the permission controller refuses. A refused operation changes nothing.
public enum PermissionError: String, Error, Sendable, Equatable {
  /// Only an admin of the account may.
  case notAdmin = "NotAdmin"
  /// The candidate is an admin already.
  case adminAlreadySet = "AdminAlreadySet"
  /// The candidate has been proposed already.
  case adminAlreadyPending = "AdminAlreadyPending"
  /// Nobody proposed this admin.
  case adminNotPending = "AdminNotPending"
  /// There is no such admin.
  case adminNotSet = "AdminNotSet"
  /// The last admin stays.
  case cannotHaveZeroAdmins = "CannotHaveZeroAdmins"
  /// The appointee has this right already.
  case appointeeAlreadySet = "AppointeeAlreadySet"
  /// The appointee does not have this right.
  case appointeeNotSet = "AppointeeNotSet"

  /// The name under which the contract reverts.
  public var name: String { rawValue }
}

/// Admins and appointees of accounts.
///
/// An account without stored admins is its own only admin. Once an admin is accepted the account has no power of its own,
/// unless it is made an admin too. An admin may call everything for the account; an appointee may call the functions that
/// it was given.
public struct PermissionController: Sendable, Equatable {
  private struct Permissions: Sendable, Equatable {
    var admins: [AccountID] = []
    var pending: [AccountID] = []
    var appointees: [Appointee] = []
  }
  private struct Appointee: Sendable, Equatable {
    var account: AccountID
    var right: CallRight
  }
  /// By account; empty for those who never changed anything.
  private var rows: [Permissions] = []

  public init() {}

  private func row(_ account: AccountID) -> Permissions {
    account.index < rows.count ? rows[account.index] : Permissions()
  }

  private mutating func change(_ account: AccountID, _ body: (inout Permissions) -> Void) {
    while rows.count <= account.index { rows.append(Permissions()) }
    body(&rows[account.index])
  }

  // MARK: - Views

  /// Stored admins in order of acceptance; the account itself when there are none.
  public func admins(of account: AccountID) -> [AccountID] {
    let stored = row(account).admins
    return stored.isEmpty ? [account] : stored
  }

  /// Proposed admins, in order of proposal.
  public func pendingAdmins(of account: AccountID) -> [AccountID] { row(account).pending }

  public func isAdmin(_ user: AccountID, of account: AccountID) -> Bool {
    guard account.index < rows.count, !rows[account.index].admins.isEmpty else { return user == account }
    return rows[account.index].admins.contains(user)
  }

  /// Whether `user` may call this function for `account`: as its admin, or as its appointee for this very function.
  public func canCall(_ user: AccountID, for account: AccountID, _ right: CallRight) -> Bool {
    isAdmin(user, of: account)
      || row(account).appointees.contains(Appointee(account: user, right: right))
  }

  // MARK: - Operations

  /// Proposes an admin, who must accept. Effects: the proposal; rights stay as they are. Requires: `caller` is an admin. Errors: notAdmin, adminAlreadySet, adminAlreadyPending.
  public mutating func addPendingAdmin(
    _ admin: AccountID, to account: AccountID, by caller: AccountID
  ) throws(PermissionError) {
    guard isAdmin(caller, of: account) else { throw .notAdmin }
    let held = row(account)
    if held.admins.contains(admin) { throw .adminAlreadySet }
    if held.pending.contains(admin) { throw .adminAlreadyPending }
    change(account) { $0.pending.append(admin) }
  }

  /// Withdraws a proposal. Effects: the proposal is gone. Requires: `caller` is an admin. Errors: notAdmin, adminNotPending.
  public mutating func removePendingAdmin(
    _ admin: AccountID, from account: AccountID, by caller: AccountID
  ) throws(PermissionError) {
    guard isAdmin(caller, of: account) else { throw .notAdmin }
    guard row(account).pending.contains(admin) else { throw .adminNotPending }
    change(account) { $0.pending.removeAll { $0 == admin } }
  }

  /// The proposed admin accepts. Effects: it is an admin; the account itself has no power any more unless it is one. Errors: adminNotPending.
  public mutating func acceptAdmin(
    of account: AccountID, by caller: AccountID
  ) throws(PermissionError) {
    guard row(account).pending.contains(caller) else { throw .adminNotPending }
    change(account) {
      $0.pending.removeAll { $0 == caller }
      $0.admins.append(caller)
    }
  }

  /// Removes an admin. Effects: it has no rights any more; one admin at least stays. Requires: `caller` is an admin.
  /// Errors, in order: notAdmin, cannotHaveZeroAdmins (one stored admin or none, whoever is to go), adminNotSet.
  public mutating func removeAdmin(
    _ admin: AccountID, from account: AccountID, by caller: AccountID
  ) throws(PermissionError) {
    guard isAdmin(caller, of: account) else { throw .notAdmin }
    let held = row(account)
    if held.admins.count <= 1 { throw .cannotHaveZeroAdmins }
    guard held.admins.contains(admin) else { throw .adminNotSet }
    change(account) { $0.admins.removeAll { $0 == admin } }
  }

  /// Lets `appointee` call one function for the account. Effects: the right. Requires: `caller` is an admin. Errors: notAdmin, appointeeAlreadySet.
  public mutating func setAppointee(
    _ appointee: AccountID, of account: AccountID, _ right: CallRight, by caller: AccountID
  ) throws(PermissionError) {
    guard isAdmin(caller, of: account) else { throw .notAdmin }
    let entry = Appointee(account: appointee, right: right)
    if row(account).appointees.contains(entry) { throw .appointeeAlreadySet }
    change(account) { $0.appointees.append(entry) }
  }

  /// Takes that back. Effects: the right is gone. Requires: `caller` is an admin. Errors: notAdmin, appointeeNotSet.
  public mutating func removeAppointee(
    _ appointee: AccountID, of account: AccountID, _ right: CallRight, by caller: AccountID
  ) throws(PermissionError) {
    guard isAdmin(caller, of: account) else { throw .notAdmin }
    let entry = Appointee(account: appointee, right: right)
    guard row(account).appointees.contains(entry) else { throw .appointeeNotSet }
    change(account) { $0.appointees.removeAll { $0 == entry } }
  }
}
