import FrameScripts

/// What libFuzzer calls with each input; a broken rule stops the process.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    FrameScript.play(UnsafeRawBufferPointer(start: data, count: count))
    return 0
}
