import Basics
import Testing

@Suite struct HistogramTests {
  @Test func bucketsCoverEveryValueOnce() {
    for k in 0..<Histogram().buckets.count {
      let low = Histogram.lowerBound(k)
      #expect(Histogram.index(low) == k)
      #expect(Histogram.index(low + (Histogram.width(k) - 1)) == k)
    }
  }

  @Test func percentilesAreNearestRank() {
    var h = Histogram()
    for v in 1...20 as ClosedRange<UInt64> { h.record(v) }
    #expect(h.percentile(0.5) == 10)
    #expect(h.percentile(0.99) == 20)
    #expect(h.percentile(1) == h.maximum)
    #expect(Histogram().percentile(0.5) == nil)
  }
}
