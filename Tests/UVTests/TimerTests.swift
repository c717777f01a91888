import Basics
import Testing
import UV

@Suite struct TimerTests {
  @Test func aTimerFiresOnceAndALoopWithoutWorkEnds() throws {
    let loop = try Loop()
    var fired = 0
    let timer = Timer(loop) { fired += 1 }
    timer.start(after: .milliseconds(1))
    loop.run()
    #expect(fired == 1)
    loop.close()
  }

  @Test func aRepeatingTimerFiresUntilItIsClosed() throws {
    let loop = try Loop()
    var fired = 0
    var timer: Timer?
    timer = Timer(loop) {
      fired += 1
      if fired == 3 { timer?.close() }
    }
    timer?.start(after: .zero, every: .milliseconds(1))
    loop.run()
    #expect(fired == 3)
    #expect(timer?.isOpen == false)
    loop.close()
  }

  @Test func theAlarmNeverRingsBeforeItsNanosecondAndOncePerSetting() throws {
    let loop = try Loop()
    var rings: [UInt64] = []
    let alarm = try Alarm(loop) { rings.append(Loop.monotonicNanoseconds) }
    for step: UInt64 in [0, 1, 700, 40_000, 1_300_000] {
      let due = Loop.monotonicNanoseconds + step
      let before = rings.count
      alarm.set(to: due)
      #expect(loop.run { rings.count > before })
      #expect(rings.count == before + 1)
      #expect(rings[before] >= due)
      #expect(alarm.due == 0)
    }
    // Rung and not set again: it stays silent although the descriptor is still watched.
    loop.runPass(waiting: false)
    #expect(rings.count == 5)
    loop.close()
  }

  @Test func anAlarmSetAgainInsideItsRingRingsAgain() throws {
    let loop = try Loop()
    var rings = 0
    var alarm: Alarm?
    alarm = try Alarm(loop) {
      rings += 1
      if rings < 50 { alarm?.set(to: Loop.monotonicNanoseconds + 1_000) }
    }
    alarm?.set(to: 1)
    #expect(loop.run { rings == 50 })
    alarm = nil
    loop.close()
  }

  @Test func aClearedAlarmDoesNotRing() throws {
    let loop = try Loop()
    var rings = 0
    let alarm = try Alarm(loop) { rings += 1 }
    alarm.set(to: 1)
    alarm.clear()
    loop.runPass(waiting: false)
    alarm.set(to: Loop.monotonicNanoseconds + 3_600_000_000_000)
    alarm.set(to: 1)
    #expect(loop.run { rings == 1 })
    loop.close()
  }

  @Test func prepareAndCheckBracketThePoll() throws {
    let loop = try Loop()
    var order: [String] = []
    let prepare = Prepare(loop) { order.append("prepare") }
    let check = Check(loop) { order.append("check") }
    loop.runPass(waiting: false)
    #expect(order == ["prepare", "check"])
    prepare.close()
    check.close()
    loop.close()
  }

  @Test func closingTwiceIsClosingOnce() throws {
    let loop = try Loop()
    let timer = Timer(loop) {}
    timer.close()
    timer.close()
    timer.start(after: .zero)
    #expect(!timer.isOpen)
    loop.close()
  }

  @Test func anOpenHandleSurvivesItsOwnersForgetting() throws {
    let loop = try Loop()
    weak var weakly: Timer?
    var fired = false
    do {
      let timer = Timer(loop) { fired = true }
      timer.start(after: .milliseconds(1))
      weakly = timer
    }
    #expect(weakly != nil)
    loop.run()
    #expect(fired)
    loop.close()
    #expect(weakly == nil)
  }
}
