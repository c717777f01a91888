// What a replay says of files that are not as they should be.

import Foundation
import Testing
import Vectors

@Suite("Vector files")
struct VectorFileTests {
  private func refusal(_ text: String) -> String {
    do throws(VectorRefusal) {
      _ = try VectorFile.replay(Data(text.utf8), name: "file")
      return "replayed"
    } catch {
      return error.description
    }
  }

  @Test("malformed content is refused with its place")
  func malformed() {
    #expect(refusal("{\"a\": 1,, }") == "1:9: is not JSON: found ',' where a key belongs")
    #expect(
      refusal("[1,\n 2") == "2:3: is not JSON: found the end where a comma or the end of the array belongs")
    #expect(refusal("{} x") == "1:4: is not JSON: found 'x' where the document is over")
    #expect(refusal("{\"kind\": \"nothing\"}").hasPrefix("kind: the document is of no known family"))
    #expect(
      refusal(
        "{\"kind\": \"permissionController\", \"initial\": {}, \"steps\": [{\"op\": \"acceptAdmin\", \"by\": 3}]}"
      )
        == "steps[0].by: is 3; a string belongs here")
    #expect(
      refusal("{\"kind\": \"permissionController\", \"initial\": {}, \"steps\": 7}")
        == "steps: is 7; an array belongs here")
    #expect(
      refusal("{\"config\": {\"strategyOrderAscending\": [], \"deallocationDelay\": \"-1\"}}")
        == "config.deallocationDelay: is \"-1\"; a non-negative integer of at most 256 bits belongs here")
    #expect(refusal(String(repeating: "[", count: 100_000)).contains("at most 256 levels"))
  }

  @Test("the first difference is named by step and key, and the line is JSON") func difference() throws {
    let text = """
      {"kind": "permissionController", "initial": {"admins|a": ["a"]}, "steps": [
        {"i": 0, "op": "addPendingAdmin", "by": "a", "account": "a", "admin": "b", "ok": true,
         "changed": {"pendingAdmins|a": ["c"]}},
        {"i": 1, "op": "acceptAdmin", "by": "b", "account": "a", "ok": false, "error": "AdminNotPending", "changed": {}}]}
      """
    let outcome = try VectorFile.replay(Data(text.utf8), name: "a \"file\"")
    #expect(outcome.steps == 2)
    // The pending list twice, then the admins, and whether the second call succeeds.
    #expect(outcome.failed == 4)
    #expect(outcome.first == "step 0 (addPendingAdmin) pendingAdmins|a: expected [\"c\"], got [\"b\"]")
    #expect(outcome.line.hasPrefix("{\"file\":\"a \\\"file\\\"\",\"steps\":2,\"observations\":"))
    #expect(try JSONValue(parsing: Data(outcome.line.utf8))["failed"] == .integer(4))
  }

  @Test("numbers, strings and escapes of JSON") func json() throws {
    let value = try JSONValue(
      parsing: Data("{\"a\": [1, -2, 1.5e3, true, null, \"x\\u00e9\\ud83d\\ude00\\n\"]}".utf8))
    #expect(
      value["a"].items == [.integer(1), .integer(-2), .number(1500), .bool(true), .null, .string("xé😀\n")])
    for wrong in ["01", "-", "\"\\ud83d\"", "\"\u{1}\"", "tru", "{\"a\" 1}", "1 2", ""] {
      #expect(throws: MalformedVector.self, "\(wrong)") { try JSONValue(parsing: Data(wrong.utf8)) }
    }
  }
}
