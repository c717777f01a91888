// `avsim bench signatures`: what one signature costs on this machine; the cost table's figures come from here.

import ArgumentParser
import Basics
import Dispatch
import Signatures

struct BenchSignaturesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "signatures", abstract: "Time to sign and to check one attestation, by scheme.")

  @Option(help: "Signatures of each kind; a tenth of them for schemes that cost a pairing.") var count = 5_000

  func run() throws {
    for scheme in SignatureScheme.allCases where Signer.isAvailable(scheme) {
      let count = max(1, scheme == .bn254 || scheme == .bls12381 ? count / 10 : count)
      let signer = try Signer(scheme: scheme, mode: .real, seed: 1, nodes: 1)
      let node = NodeID(0)
      let digests = (0..<count).map { k in
        keccak256([UInt8](repeating: UInt8(truncatingIfNeeded: k), count: 80))
      }
      var signatures: [Signature] = []
      let sign = seconds { signatures = digests.map { signer.sign($0, by: node) } }
      var valid = 0
      let verify = seconds {
        for (digest, signature) in zip(digests, signatures)
        where signer.isValid(signature, of: digest, by: node) {
          valid += 1
        }
      }
      guard valid == count else { throw Exit.invariant }
      let each = 1e6 / Double(count)
      print(
        "tool=avsim scheme=\(scheme.rawValue) count=\(count) sign_us=\(Int(sign * each)) verify_us=\(Int(verify * each))"
      )
    }
  }

  private func seconds(_ body: () -> Void) -> Double {
    let start = DispatchTime.now().uptimeNanoseconds
    body()
    return Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
  }
}
