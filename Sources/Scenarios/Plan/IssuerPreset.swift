// Figures of issuers at dates. Supplies: Dune export in the public dataset of Sevim and Torres, "Financial Dynamics and
// Interconnected Risk of Liquid Restaking" (arXiv:2604.03274), and OurNetwork ON-270 for 2024-09-12; ezETH of 2025-04-17 is derived
// from market shares there. EIGEN and idle ETH of ether.fi: ether.fi's documents on distributions, weeks of 2024.

import Basics

/// One issuer at one date.
struct IssuerPreset: Sendable {
  /// In ETH.
  var supply: Ether
  /// Part not restaked; zero where no figure is known.
  var idle = Share.zero
  /// EIGEN for an ETH restaked and a week; zero where no figure is known.
  var eigen = 0.0

  static let names = ["ether.fi", "renzo", "puffer", "kelp-dao"]

  /// Hundredths of ETH by date, ascending.
  private static let supplies: [(name: String, date: String, hundredths: UInt64)] = [
    ("ether.fi", "2024-02-25", 47_755_031), ("ether.fi", "2024-06-02", 157_805_920),
    ("ether.fi", "2024-08-05", 187_754_465), ("ether.fi", "2024-11-03", 211_292_661),
    ("ether.fi", "2025-01-01", 219_444_051), ("ether.fi", "2025-04-20", 241_493_571),
    ("ether.fi", "2025-06-22", 276_501_254), ("ether.fi", "2025-07-24", 306_497_548),
    ("ether.fi", "2025-08-27", 292_642_049), ("ether.fi", "2025-11-18", 271_808_121),
    ("kelp-dao", "2024-06-30", 29_537_163), ("kelp-dao", "2024-08-19", 25_660_249),
    ("kelp-dao", "2025-12-31", 34_871_653), ("kelp-dao", "2026-01-31", 57_007_194),
    ("renzo", "2024-09-12", 36_300_000), ("renzo", "2025-04-17", 29_900_000),
    ("puffer", "2024-09-12", 51_500_000),
  ]

  /// ether.fi's distributions: last day of the week, EIGEN, ETH restaked, ETH not restaked.
  private static let weeks: [(date: String, eigen: UInt64, restaked: UInt64, idle: UInt64)] = [
    ("2024-10-12", 358_681, 1_531_605, 474_149), ("2024-10-19", 358_383, 1_518_610, 498_538),
    ("2024-10-26", 349_136, 1_471_568, 618_016), ("2024-11-02", 351_442, 1_555_346, 559_512),
    ("2024-11-09", 357_174, 1_623_479, 499_709), ("2024-11-16", 367_510, 1_691_153, 446_127),
    ("2024-11-23", 374_000, 1_731_185, 387_981), ("2024-11-30", 400_932, 1_860_800, 333_926),
    ("2024-12-07", 406_422, 2_063_326, 159_360), ("2024-12-14", 404_016, 2_062_106, 118_891),
    ("2024-12-21", 403_885, 2_043_889, 135_786), ("2024-12-28", 418_446, 2_049_497, 165_849),
  ]

  /// The latest figures by `date`; nil when none is that old.
  static func find(_ name: String, by date: String) -> IssuerPreset? {
    guard let row = supplies.last(where: { $0.name == name && $0.date <= date }) else { return nil }
    var preset = IssuerPreset(supply: Ether(wei: UInt128(row.hundredths) * 10_000_000_000_000_000))
    if name == "ether.fi", let week = weeks.last(where: { $0.date <= date }) {
      preset.idle = Share(wad: week.idle * 10_000 / (week.restaked + week.idle) * Share.bip)
      preset.eigen = Double(week.eigen) / Double(week.restaked)
    }
    return preset
  }

  static func firstDate(_ name: String) -> String { supplies.first { $0.name == name }?.date ?? "" }
}
