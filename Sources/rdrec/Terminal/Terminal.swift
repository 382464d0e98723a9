import Glibc

/// What there is to know of a terminal.
enum Terminal {
    /// Of the terminal that a descriptor is: columns that a line may fill; nil where it is none.
    static func width(_ descriptor: CInt) -> Int? {
        guard isatty(descriptor) != 0 else { return nil }
        var size = winsize()
        return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 20 ? Int(size.ws_col) - 1 : 79
    }

    /// Of standard output.
    static var outputWidth: Int? { width(STDOUT_FILENO) }
}
