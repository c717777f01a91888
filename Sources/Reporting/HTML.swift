// HTML from plain text. Everything that a scenario file can name goes through `escaped`; markup is only what this module wrote.

/// Markup that is safe to put into a page.
struct HTML: ExpressibleByStringInterpolation {
  var markup: String

  /// Markup written here.
  init(markup: String) { self.markup = markup }
  init(stringLiteral value: String) { markup = value }

  /// Literals are markup; what is interpolated is text and is escaped, unless it is `HTML` itself.
  init(stringInterpolation: Interpolation) { markup = stringInterpolation.markup }

  struct Interpolation: StringInterpolationProtocol {
    var markup = ""
    init(literalCapacity: Int, interpolationCount: Int) {}
    mutating func appendLiteral(_ literal: String) { markup += literal }
    mutating func appendInterpolation(_ text: String) { markup += HTML.escaped(text) }
    mutating func appendInterpolation(_ number: Int) { markup += String(number) }
    mutating func appendInterpolation(_ html: HTML) { markup += html.markup }
  }

  static func + (a: HTML, b: HTML) -> HTML { HTML(markup: a.markup + b.markup) }
  static func += (a: inout HTML, b: HTML) { a.markup += b.markup }
  static let empty = HTML(markup: "")

  /// The text with everything that means something to HTML replaced, and control characters made visible.
  static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "'": out += "&#39;"
      case "\n", "\t": out.unicodeScalars.append(scalar)
      case "\u{0}"..<"\u{20}", "\u{7F}"..<"\u{A0}", "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}":
        out += "\u{FFFD}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  /// JSON text for a `<script type="application/json">`: no `<` is left in it, so nothing can end the element early.
  static func embedded(_ json: JSONValue) -> HTML {
    HTML(markup: json.text().replacing("<", with: "\\u003c"))
  }
}

/// A table of a page.
struct HTMLTable {
  enum Column {
    case text(String)
    case number(String)
  }
  enum Cell {
    /// Words that may wrap.
    case text(String)
    /// A name from a file: on one line, cut off by the browser when it is long, and shown whole on hovering.
    case label(String)
    /// A short name of ours, on one line.
    case word(String)
    case html(HTML)
    /// A figure as it is shown, and the value that it is sorted by.
    case number(String, Double?)
  }

  var columns: [Column]
  var rows: [[Cell]] = []
  /// Whether a click on a heading sorts it.
  var isSorted = false

  var html: HTML {
    let classes = [isSorted ? "sorted" : nil, columns.count > 8 ? "dense" : nil].compactMap { $0 }
    var out = HTML(
      markup: "<div class=\"scroll\"><table class=\"\(classes.joined(separator: " "))\"><thead><tr>")
    for column in columns {
      switch column {
      case .text(let title): out += "<th>\(title)</th>"
      case .number(let title): out += "<th class=\"number\">\(title)</th>"
      }
    }
    out += "</tr></thead><tbody>"
    for row in rows {
      out += "<tr>"
      for cell in row {
        switch cell {
        case .text(let text): out += "<td class=\"name\">\(text)</td>"
        case .label(let text): out += "<td class=\"label\" title=\"\(text)\">\(text)</td>"
        case .word(let text): out += "<td class=\"word\">\(text)</td>"
        case .html(let html): out += "<td>\(html)</td>"
        case .number(let text, let value):
          let value = HTML(markup: value.map { " data-value=\"\($0)\"" } ?? " data-value=\"-1\"")
          out += "<td class=\"number\"\(value)>\(text)</td>"
        }
      }
      out += "</tr>"
    }
    return out + "</tbody></table></div>"
  }
}
