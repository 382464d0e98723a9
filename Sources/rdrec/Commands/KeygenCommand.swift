import ArgumentParser
import Transport

struct KeygenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keygen", abstract: "Makes a pair of keys for CURVE, and prints the public one.",
        discussion: """
            The file has the lines public-key and secret-key, and only you can read it. A file that is there is not overwritten. The public \
            key goes into the server's allow-list, in a line with a name and roles:

              echo "$(rdrec keygen my.key) my-name client" >> allow-list
            """)

    @Argument(help: "Where the key file goes.")
    var path: String

    func run() async throws {
        let keys = KeyPair.generate()
        try converting { () throws(SecurityError) in try keys.write(to: path) }
        try await Output().line(keys.publicKey.text)
    }
}
