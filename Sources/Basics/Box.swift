// A large value with one owner in a place of its own. Borrowing a struct of a kilobyte may copy it to the stack for each
// call; borrowing its box copies one address.

/// Owns one value on the heap. No reference counting; the value ends with the box.
@safe @frozen public struct Box<Value: ~Copyable>: ~Copyable {
  @usableFromInline let address: UnsafeMutablePointer<Value>

  @inlinable public init(_ value: consuming Value) {
    unsafe address = UnsafeMutablePointer.allocate(capacity: 1)
    unsafe address.initialize(to: value)
  }

  deinit {
    unsafe address.deinitialize(count: 1)
    unsafe address.deallocate()
  }

  @inlinable public var value: Value {
    _read { yield unsafe address.pointee }
    _modify { yield unsafe &address.pointee }
  }
}

extension Box: @unchecked Sendable where Value: Sendable & ~Copyable {}
