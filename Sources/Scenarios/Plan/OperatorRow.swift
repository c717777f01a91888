// Operator files: `rank,stake_eth,share,avs_count,lrt_fraction`, one operator a row.

extension OperatorRow {
  static func readFile(_ value: ValueReader) -> StakePlan? {
    value.file("a CSV file of operators", limit: CSVTable.bytesMaximum) { (path, bytes) throws(FileError) in
      let table = try CSVTable(file: path, bytes: bytes)
      let stake = try table.column("stake_eth")
      let services = table.columns.firstIndex(of: "avs_count")
      let liquid = table.columns.firstIndex(of: "lrt_fraction")
      var rows: [OperatorRow] = []
      for row in table.rows {
        var operatorRow = OperatorRow(
          stake: try table.field(row, stake) { (text) throws(QuantityError) in try ether(text)
          },
          services: 1, liquidShare: .zero)
        if operatorRow.stake > StakePlan.amounts.upperBound {
          throw .content([
            Mistake(
              file: path, line: row.line, column: row.fields[stake].column, key: "stake_eth",
              text: "\(operatorRow.stake) is out of range; at most \(StakePlan.amounts.upperBound)")
          ])
        }
        if let services {
          operatorRow.services = try table.field(row, services) { (text) throws(QuantityError) in
            guard let n = wholeNumber(text), n >= 0, n <= 65_535 else {
              throw QuantityError(reason: "'\(clip(text))' is not a count from 0 to 65535")
            }
            return Int(n)
          }
        }
        if let liquid {
          operatorRow.liquidShare = try table.field(row, liquid) { (text) throws(QuantityError) in
            try fraction(text)
          }
        }
        rows.append(operatorRow)
      }
      return .table(rows, file: path)
    }
  }
}

/// An amount of ETH written as a plain number, as data files have it.
func ether(_ text: String) throws(QuantityError) -> Ether {
  do throws(QuantityError) { return try Ether(text: text + "ETH") } catch {
    throw QuantityError(reason: "'\(clip(text))' is not an amount of ETH")
  }
}

/// A share written as a decimal fraction of one, `0.667`, as data files have it.
func fraction(_ text: String) throws(QuantityError) -> Share {
  let value: Share
  do throws(QuantityError) {
    let ether = try Ether(text: text + "ETH")
    guard ether.wei <= UInt128(Share.one) else { throw QuantityError(reason: "above 1") }
    value = Share(wad: UInt64(ether.wei))
  } catch {
    throw QuantityError(reason: "'\(clip(text))' is not a fraction from 0 to 1")
  }
  return value
}
