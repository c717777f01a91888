// The tables of `run.sqlite` that follow a network event to the last holder: prices, the stake graph, issuers, operators as the
// market sees them, who bore each slash, distributions, redemptions, statements. Conventions are those of `RunSchema`.

public import Basics

/// A table of the economy.
public enum EconomyTable: String, CaseIterable, Sendable {
  case prices, risk, issuers, moves, reputations, market, accountability, distributions, redemptions
  case outlooks, entries, choices, emissions, exchanges, liquidations, insurance, incomes, balances
  case statements

  /// How many columns a row fills.
  var columns: Int { definition.split(separator: "\n").count - 2 }

  /// Its CREATE TABLE.
  var definition: String {
    switch self {
    case .prices:
      """
      CREATE TABLE prices (         -- of assets, whenever they change
        at_ns INTEGER NOT NULL,
        asset TEXT NOT NULL,
        price_wad TEXT NOT NULL,    -- wei of ETH for a token, times 10^18
        weight_wad TEXT NOT NULL    -- what quorums count of it: less the haircut
      ) STRICT
      """
    case .risk:
      """
      CREATE TABLE risk (           -- the stake graph at the start (epoch 0), at the end of each reward epoch, and at the end
        epoch INTEGER NOT NULL,
        at_ns INTEGER NOT NULL,
        gamma_certified REAL,       -- slack certified with stake as allocated; NULL: something can be corrupted for nothing, or nothing gained
        gamma_shared REAL,          -- the same if all stake of an operator stood behind each of its services
        hhi REAL,
        nakamoto33 INTEGER,         -- fewest operators with a third of the stake
        nakamoto67 INTEGER,
        free_profit_wei TEXT NOT NULL, -- gain from services behind which nothing can be slashed
        leverage REAL,              -- stake counted by services over stake
        base_exposure REAL,         -- share of restaked native ETH that services can slash
        gamma_exact REAL,           -- true slack with stake as allocated; NULL: nothing to gain, or more than 16 operators or 8 services
        shock_share REAL NOT NULL,  -- of stake, lost at first
        shock_loss REAL,            -- lost in all after it, as far as greedy attacks find
        shock_bound REAL,           -- Durvasula and Roughgarden's bound on it; NULL without slack
        shock_rounds INTEGER,       -- attacks that followed one another
        elastic_margin_eth REAL     -- cost less profit of the cheapest elastic attack on one service; NULL in large graphs
      ) STRICT
      """
    case .issuers:
      """
      CREATE TABLE issuers (        -- each issuer at the end of each epoch
        epoch INTEGER NOT NULL,
        at_ns INTEGER NOT NULL,
        issuer TEXT NOT NULL,
        supply TEXT NOT NULL,       -- shares outstanding
        nav_wad TEXT,               -- wei a share, times 10^18
        staked_wei TEXT NOT NULL,
        buffer_wei TEXT NOT NULL,
        unstaking_wei TEXT NOT NULL,
        asked_wei TEXT NOT NULL,    -- redemptions that wait
        slashed_wei TEXT NOT NULL,  -- this and the following since the start
        staking_wei TEXT NOT NULL,
        income_wei TEXT NOT NULL,   -- from services and their market, before the fee
        fees_wei TEXT NOT NULL,
        redeemed_wei TEXT NOT NULL,
        deposited_wei TEXT NOT NULL
      ) STRICT
      """
    case .moves:
      """
      CREATE TABLE moves (          -- stake that issuers move
        at_ns INTEGER NOT NULL,
        issuer TEXT NOT NULL,
        operator INTEGER NOT NULL,  -- nodes.id
        direction TEXT NOT NULL,    -- deposit, or withdrawal (which still has its delay before it)
        tokens TEXT NOT NULL
      ) STRICT
      """
    case .reputations:
      """
      CREATE TABLE reputations (    -- operators as the market sees them
        epoch INTEGER NOT NULL,
        at_ns INTEGER NOT NULL,
        operator INTEGER NOT NULL,  -- nodes.id
        stake_wei TEXT NOT NULL,
        reputation REAL NOT NULL,   -- 0 ... 1, from duties fulfilled and stake slashed
        yield REAL,                 -- its stakers' earnings an epoch, of stake
        loss_rate REAL NOT NULL     -- share of stake lost an epoch
      ) STRICT
      """
    case .market:
      """
      CREATE TABLE market (         -- services that buy security, epoch by epoch
        epoch INTEGER NOT NULL,
        at_ns INTEGER NOT NULL,
        service INTEGER NOT NULL,   -- services.id
        tariff_wad TEXT NOT NULL,   -- a year's rate, times 10^18
        clearing_wad TEXT,          -- of the bounty's auction
        wanted_wei TEXT NOT NULL,
        available_wei TEXT NOT NULL,
        filled_wei TEXT NOT NULL,
        paid_wei TEXT NOT NULL,
        escrow_wei TEXT NOT NULL,   -- left
        fair_wad TEXT               -- at which what operators ask for would just fill what is wanted: tariff_wad less this is the error of price discovery; NULL: there is not enough
      ) STRICT
      """
    case .accountability:
      """
      CREATE TABLE accountability ( -- of each executed slash: who caused it, who bears it, where it went
        slash INTEGER NOT NULL,     -- slashes.id
        at_ns INTEGER NOT NULL,
        service INTEGER NOT NULL,   -- services.id
        operator INTEGER NOT NULL,  -- nodes.id of who caused it
        class TEXT NOT NULL,
        side TEXT NOT NULL,         -- bears, receives
        role TEXT NOT NULL,         -- operator, staker, issuer, queue (a withdrawal under way), vault; burned, recipient; rounding, revaluation (by prices, until it was paid out): both sides add up to the same, burned and recipient to slashes.taken_wei
        account TEXT NOT NULL,      -- empty for what is burned, and for rounding
        wei TEXT NOT NULL,
        own INTEGER NOT NULL        -- 1: borne by an issuer that runs the operator itself
      ) STRICT
      """
    case .distributions:
      """
      CREATE TABLE distributions (  -- of rewards to holders
        epoch INTEGER NOT NULL,
        at_ns INTEGER NOT NULL,
        issuer TEXT NOT NULL,       -- empty: all issuers' holders, by the cumulative tree
        stream TEXT NOT NULL,       -- vault (shares of it), fees, eigen, incentive (wei)
        amount TEXT NOT NULL,
        dust TEXT NOT NULL,         -- carried to the next
        root TEXT                   -- of the cumulative tree
      ) STRICT
      """
    case .redemptions:
      """
      CREATE TABLE redemptions (    -- asked for, and paid
        at_ns INTEGER NOT NULL,
        issuer TEXT NOT NULL,
        holder INTEGER NOT NULL,
        shares TEXT NOT NULL,
        asked TEXT NOT NULL,        -- tokens that the shares were worth when asked for
        paid TEXT                   -- tokens; NULL at the request
      ) STRICT
      """
    case .outlooks:
      """
      CREATE TABLE outlooks (       -- what was measured of each issuer's token by the end of each epoch: shares of worth, an epoch's
        epoch INTEGER NOT NULL,
        at_ns INTEGER NOT NULL,
        issuer TEXT NOT NULL,
        yield REAL NOT NULL,        -- with a memory
        loss_rate REAL NOT NULL,    -- expected: an average with a memory, of slashes and of the asset's price
        shortfall REAL NOT NULL,    -- mean of the worst epochs beyond the level (CVaR)
        level_bips INTEGER NOT NULL,
        return_over_risk REAL,      -- (yield - loss_rate) / shortfall; NULL while nothing was lost
        stake_shortfall REAL NOT NULL, -- of the stake as it is divided now, by what each operator lost in each epoch
        own_share REAL,             -- of its stake, with operators that it runs itself
        own_paid_wei TEXT NOT NULL, -- what services paid it as their operator, and what they lost its holders, since the start
        own_slashed_wei TEXT NOT NULL
      ) STRICT
      """
    case .entries:
      """
      CREATE TABLE entries (        -- services that register during the run, and operators that look at their offer
        epoch INTEGER NOT NULL,
        at_ns INTEGER NOT NULL,
        service INTEGER NOT NULL,   -- services.id
        what TEXT NOT NULL,         -- registers, joins, declines (then those who ask for more do too)
        operator INTEGER,           -- nodes.id
        offered_wad TEXT NOT NULL,  -- a year's rate for its stake beside those who joined, times 10^18
        asked_wad TEXT NOT NULL
      ) STRICT
      """
    case .choices:
      """
      CREATE TABLE choices (        -- holders who leave an issuer, and their money's arrival at the next
        at_ns INTEGER NOT NULL,
        holder INTEGER NOT NULL,
        kind TEXT NOT NULL,
        issuer TEXT NOT NULL,       -- that is left
        next TEXT NOT NULL,         -- empty: none
        reason TEXT NOT NULL,       -- asset, service, risk, yield, better
        shares TEXT NOT NULL,       -- asked back; at the arrival: minted
        wei TEXT                    -- NULL when asked
      ) STRICT
      """
    case .emissions:
      """
      CREATE TABLE emissions (      -- EIGEN of the protocol by asset's gauge: minted = operators + issuers + direct + dust
        epoch INTEGER NOT NULL,
        at_ns INTEGER NOT NULL,
        asset TEXT NOT NULL,
        minted TEXT NOT NULL,
        operators TEXT NOT NULL,
        issuers TEXT NOT NULL,
        direct TEXT NOT NULL,       -- to those who restake by themselves
        dust TEXT NOT NULL
      ) STRICT
      """
    case .exchanges:
      """
      CREATE TABLE exchanges (      -- each traded token at the end of each epoch
        epoch INTEGER NOT NULL,
        at_ns INTEGER NOT NULL,
        issuer TEXT NOT NULL,
        price_wad TEXT NOT NULL,    -- wei a share at the exchange, times 10^18
        nav_wad TEXT,               -- wei a share that stand behind it
        ether_wei TEXT NOT NULL,    -- in the pool
        shares TEXT NOT NULL,
        sold_wei TEXT NOT NULL,     -- paid to sellers, and by buyers, since the start: ether = ether at the start - sold + bought
        bought_wei TEXT NOT NULL,
        pledged_wei TEXT NOT NULL,  -- collateral at the lenders' price
        debt_wei TEXT NOT NULL,
        bad_wei TEXT NOT NULL       -- of the debt: above the value of its collateral
      ) STRICT
      """
    case .liquidations:
      """
      CREATE TABLE liquidations (   -- of loans against issuers' tokens
        at_ns INTEGER NOT NULL,
        issuer TEXT NOT NULL,
        holder INTEGER NOT NULL,
        round INTEGER NOT NULL,     -- of the epoch: later ones were brought about by the sales of earlier ones
        shares TEXT NOT NULL,       -- of the collateral, sold
        repaid_wei TEXT NOT NULL,
        proceeds_wei TEXT NOT NULL, -- what is above the repayment is the liquidator's
        left_wei TEXT NOT NULL,     -- of the debt
        price_wad TEXT NOT NULL     -- the lenders'
      ) STRICT
      """
    case .insurance:
      """
      CREATE TABLE insurance (      -- transfers into and out of services' pots on the ledger, and the claims
        at_ns INTEGER NOT NULL,
        service INTEGER NOT NULL,   -- services.id
        what TEXT NOT NULL,         -- premium, slash, claim, payment
        task INTEGER,               -- tasks.id of a claim
        asset TEXT NOT NULL,        -- empty for a claim
        tokens TEXT NOT NULL,
        wei TEXT NOT NULL           -- their worth; of a claim, what is owed
      ) STRICT
      """
    case .statements:
      """
      CREATE TABLE statements (     -- each holder's position; end = start + deposited - redeemed + staking + fees + left + price_gain - price_loss - slashed - rounding - forgone + bought - sold + trade_gain - trade_loss
        holder INTEGER NOT NULL,    -- those from the number of holders on: exchanges and who buys there below value, in turn
        issuer TEXT NOT NULL,
        shares TEXT NOT NULL,
        start_wei TEXT NOT NULL,
        deposited_wei TEXT NOT NULL,
        redeemed_wei TEXT NOT NULL,
        end_wei TEXT NOT NULL,
        staking_wei TEXT NOT NULL,  -- the chain's own reward
        fees_wei TEXT NOT NULL,     -- what services paid, where it was compounded
        price_gain_wei TEXT NOT NULL,
        price_loss_wei TEXT NOT NULL,
        slashed_wei TEXT NOT NULL,
        left_wei TEXT NOT NULL,     -- by those who were paid less than their shares were worth
        forgone_wei TEXT NOT NULL,  -- to others, on leaving
        bought_wei TEXT NOT NULL,   -- paid for shares bought, got for shares sold, won and lost against their value
        sold_wei TEXT NOT NULL,
        trade_gain_wei TEXT NOT NULL,
        trade_loss_wei TEXT NOT NULL,
        debt_start_wei TEXT NOT NULL, -- owed against the tokens at the start, and at the end
        debt_wei TEXT NOT NULL,
        repaid_wei TEXT NOT NULL,   -- by selling what was pledged; among sold_wei
        points REAL NOT NULL,       -- ETH-hours restaked
        rewards_wei TEXT NOT NULL,  -- distributed: service fees, EIGEN, the issuer's tokens; at the end's prices
        stranded_wei TEXT NOT NULL, -- of those, not worth claiming
        claims INTEGER NOT NULL,    -- transactions it takes to have the rest
        service_rewards_wei TEXT NOT NULL,  -- of rewards_wei: what services paid; the three together are it
        eigen_rewards_wei TEXT NOT NULL,    -- of rewards_wei: EIGEN of programmatic incentives
        incentive_rewards_wei TEXT NOT NULL, -- of rewards_wei: the issuer's own tokens
        rounding_wei TEXT NOT NULL  -- rounded off by the ledger, in its favour
      ) STRICT
      """
    case .incomes:
      """
      CREATE TABLE incomes (        -- what services and their market paid an issuer's account with an operator in an epoch, before the fee
        epoch INTEGER NOT NULL,
        at_ns INTEGER NOT NULL,
        issuer TEXT NOT NULL,
        operator INTEGER NOT NULL,  -- nodes.id
        wei TEXT NOT NULL
      ) STRICT
      """
    case .balances:
      """
      CREATE TABLE balances (       -- at the end, each issuer's books against its holders' statements: issuer = holders + dust
        issuer TEXT NOT NULL,
        stream TEXT NOT NULL,       -- slashed, staking, fees, price_gain, price_loss, rounding, left, deposited, redeemed, end: columns of statements
        issuer_wei TEXT NOT NULL,
        holders_wei TEXT NOT NULL,
        dust_wei TEXT NOT NULL      -- rounded off on the way
      ) STRICT
      """
    }
  }
}

/// A value of a row.
public enum EconomyCell: Sendable, Hashable {
  case null
  case integer(Int)
  case instant(Instant)
  case real(Double?)
  case text(String)
  /// Decimal text.
  case amount(UInt128)

  public static func amount(_ value: UInt128?) -> EconomyCell { value.map { .amount($0) } ?? .null }
}

/// A row of one of the tables, its values in the order of the columns.
public struct EconomyRow: Sendable {
  public var table: EconomyTable
  public var cells: [EconomyCell]
  public init(_ table: EconomyTable, _ cells: [EconomyCell]) {
    self.table = table
    self.cells = cells
  }
}
