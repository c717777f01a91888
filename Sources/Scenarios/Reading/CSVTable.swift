// Comma-separated tables with a header line, as the data files are: `#` lines are comments, fields hold no commas.

/// A table whose every field knows its line and column.
struct CSVTable {
  struct Row {
    var line: Int
    var fields: [(text: String, column: Int)]
  }
  let file: String
  let columns: [String]
  let rows: [Row]

  /// At most this many bytes and rows are read.
  static let bytesMaximum = 64 << 20

  init(file: String, bytes: [UInt8]) throws(FileError) {
    self.file = file
    func wrong(_ line: Int, _ column: Int, _ text: String) -> FileError {
      .content([Mistake(file: file, line: line, column: column, key: "", text: text)])
    }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw wrong(0, 0, "is not valid UTF-8") }
    var columns: [String] = []
    var rows: [Row] = []
    for (index, slice) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let line = slice.hasSuffix("\r") ? slice.dropLast() : slice
      if line.isEmpty || line.hasPrefix("#") { continue }
      var fields: [(text: String, column: Int)] = []
      var column = 1
      for field in line.split(separator: ",", omittingEmptySubsequences: false) {
        if field.contains("\"") || field.contains("\0") {
          throw wrong(index + 1, column, "quotes and control characters are not read; write plain fields")
        }
        let trimmed = String(field.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        fields.append((trimmed, column))
        column += field.count + 1
      }
      if columns.isEmpty {
        columns = fields.map(\.text)
        var seen: Set<String> = []
        for field in fields where !seen.insert(field.text).inserted {
          throw wrong(index + 1, field.column, "column '\(clip(field.text))' is there twice")
        }
        continue
      }
      guard fields.count == columns.count else {
        throw wrong(index + 1, 1, "\(fields.count) fields; the header names \(columns.count) columns")
      }
      rows.append(Row(line: index + 1, fields: fields))
      if rows.count > 1_000_000 { throw wrong(index + 1, 1, "more than 1000000 rows") }
    }
    guard !columns.isEmpty else { throw wrong(0, 0, "holds no table: a header line and rows are wanted") }
    guard !rows.isEmpty else { throw wrong(0, 0, "holds no row") }
    self.columns = columns
    self.rows = rows
  }

  /// The index of a column that must be there.
  func column(_ name: String) throws(FileError) -> Int {
    guard let index = columns.firstIndex(of: name) else {
      throw .content([
        Mistake(
          file: file, line: 0, column: 0, key: name,
          text: "the column is missing; the file has \(columns.map { clip($0) }.joined(separator: ", "))")
      ])
    }
    return index
  }

  /// A field read by `parse`, in the words of the scenario's own units.
  func field<T>(_ row: Row, _ column: Int, _ parse: (String) throws(QuantityError) -> T) throws(FileError)
    -> T
  {
    do throws(QuantityError) { return try parse(row.fields[column].text) } catch {
      throw .content([
        Mistake(
          file: file, line: row.line, column: row.fields[column].column, key: columns[column],
          text: error.reason)
      ])
    }
  }
}

extension ValueReader {
  /// Reads the file that this value names, relative to the scenario's directory, and hands its bytes on. A missing or
  /// wrong file is a mistake at this value.
  func file<T>(_ what: String, limit: Int, _ use: (String, [UInt8]) throws(FileError) -> T) -> T? {
    guard let name = string("write the path of \(what)") else { return nil }
    guard !name.utf8.contains(0), !name.isEmpty else {
      mistake("is no path; write the path of \(what)")
      return nil
    }
    let path = resolve(name, from: reading.directory)
    do throws(FileError) {
      return try use(path, try reading.files.read(path, limit: limit))
    } catch {
      switch error {
      case .missing:
        mistake("'\(clip(name))' does not exist; write the path of \(what), relative to this file")
      case .unreadable(_, let reason): mistake("'\(clip(name))' \(reason)")
      case .content(let mistakes): for mistake in mistakes { reading.keep(mistake) }
      case .usage(let text): mistake(text)
      }
      return nil
    }
  }
}
