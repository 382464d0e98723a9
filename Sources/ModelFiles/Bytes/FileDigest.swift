internal import CCrypto
internal import Glibc

/// What tells one model file from every other.
package enum FileDigest {
    /// The SHA-256 of a file in hexadecimal (FIPS 180-4, by OpenSSL: two gigabytes a second where the processor has instructions for it).
    package static func sha256(path: String) throws(ModelFileError) -> String {
        func fault(_ message: String) -> ModelFileError { ModelFileError(file: path, "\(message): \(String(cString: strerror(errno)))") }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fault("cannot open it") }
        defer { close(descriptor) }
        guard let context = EVP_MD_CTX_new() else { throw ModelFileError(file: path, "no memory for a digest") }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else { throw ModelFileError(file: path, "OpenSSL has no SHA-256") }
        let size = 1 << 20
        let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
        defer { block.deallocate() }
        while true {
            let count = read(descriptor, block, size)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw fault("cannot read it") }
            if count == 0 { break }
            EVP_DigestUpdate(context, block, count)
        }
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE)), length: UInt32 = 0
        EVP_DigestFinal_ex(context, &digest, &length)
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.prefix(Int(length)).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
