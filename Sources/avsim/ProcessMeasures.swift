// What this process has used so far, from the system.

import Foundation

/// Processor time and memory of this process.
struct ProcessMeasures {
  /// User and system time.
  var cpuSeconds: Double
  /// Largest resident set of this program so far: VmHWM. (`ru_maxrss` would include that of the shell that started it.)
  var peakResidentKilobytes: Int

  static var current: ProcessMeasures {
    var usage = rusage()
    unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
    let microseconds = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
    return ProcessMeasures(
      cpuSeconds: Double(seconds) + Double(microseconds) * 1e-6,
      peakResidentKilobytes: highWaterMark() ?? usage.ru_maxrss)
  }

  private static func highWaterMark() -> Int? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return nil }
    for line in status.split(separator: "\n") where line.hasPrefix("VmHWM:") {
      return Int(line.filter(\.isNumber))
    }
    return nil
  }
}
