import Basics
import Testing

@testable import UV

@Suite struct LoopMeterTests {
  private final class Echo: ConnectionHandler {
    var heard = 0
    func connected(_ connection: Connection) {}
    func received(_ bytes: Span<UInt8>, on connection: Connection) { heard += bytes.count }
    func ended(_ connection: Connection, _ error: UVError?) {}
  }

  @Test func aLoopCountsItsCallsAndItsSleep() throws {
    let loop = try Loop()
    let heard = Echo()
    let listener = try Listener.open(loop, .tcp("127.0.0.1", port: 0)) { $0.handler = heard }
    let speaker = try Connection.dial(loop, .tcp("127.0.0.1", port: listener.port), handler: Echo())
    loop.beginMeter()
    #expect(loop.meterReading.writes.count == 0)
    var rang = 0
    let alarm = try Alarm(loop) {
      rang += 1
      loop.meter.frames += 1
      _ = speaker.write([1, 2, 3].span)
    }
    alarm.set(to: Loop.monotonicNanoseconds + 20_000_000)
    #expect(loop.run { heard.heard == 3 })
    let meter = loop.meterReading
    #expect(rang == 1)
    #expect(meter.writes.count == 1)
    #expect(meter.reads.count == 1)
    #expect(meter.frames == 1)
    #expect(meter.wakes.count == 1, "it slept towards the alarm")
    #expect(meter.idle > 0 && meter.idle < meter.elapsed)
    alarm.close()
    loop.close()
  }

  @Test func anAlarmSetTwiceInAPassRingsOnce() throws {
    let loop = try Loop()
    var rang: [UInt64] = []
    let alarm = try Alarm(loop) { rang.append(Loop.monotonicNanoseconds) }
    let now = Loop.monotonicNanoseconds
    alarm.set(to: now + 500_000_000_000)
    alarm.set(to: now + 1_000_000)
    #expect(loop.run { rang.count == 1 })
    #expect((rang.first ?? 0) >= now + 1_000_000)
    // A past instant rings in the next pass; one taken back does not ring.
    alarm.set(to: 1)
    #expect(loop.run { rang.count == 2 })
    alarm.set(to: 1)
    alarm.clear()
    loop.runPass(waiting: false)
    #expect(rang.count == 2)
    alarm.close()
    loop.close()
  }
}
