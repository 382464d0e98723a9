/// Who holds which page of keys and values, and what the pages that nobody holds are still good for: a prompt that begins as an earlier
/// one did takes over the pages computed for it (prefix cache). A value without I/O or clock.
///
/// Full pages of prompts are published as nodes of a tree: a node stands for the tokens of its page after those of its ancestors. A node
/// that no request holds stays until its page is needed; the least recently used goes first, and children before their parents.
package struct PageLedger {
    package static let positionsPerPage = KeyValuePages.positionsPerPage
    /// Common beginnings shorter than this are computed rather than copied.
    static let leastCopied = 4
    /// Children of a node that are compared for a common beginning, the newest first.
    private static let mostCompared = 32

    /// A request's pages, in the order of positions: first those that are nodes, then its own.
    package struct Hold: Sendable {
        package fileprivate(set) var pages: [Int32]
        package fileprivate(set) var published: Int
    }

    /// What a request gets.
    package struct Admission {
        package var hold: Hold
        /// Positions whose keys and values are there already, once the copy is made.
        package let cachedTokens: Int
        /// A page to copy: its beginning is what the request's page `to` has to begin with.
        package let copy: (from: Int32, to: Int32)?
    }

    private struct Key: Hashable {
        let parent: Int32
        let tokens: ArraySlice<Int32>
    }

    private struct Node {
        var parent: Int32 = -1
        var tokens: ArraySlice<Int32> = []
        var children: [Int32] = []
        /// Requests that hold it; -1 for a page that is no node.
        var users = -1
    }

    private var nodes: [Node]
    private var byKey: [Key: Int32] = [:]
    private var rootChildren: [Int32] = []
    private var free: [Int32]
    private var idle: RecencyList

    package init(pages: Int) {
        nodes = Array(repeating: Node(), count: pages)
        // The lowest numbers are used first, so that memory is touched no sooner than it is needed.
        free = (0..<Int32(pages)).reversed()
        idle = RecencyList(count: pages)
    }

    package var pageCount: Int { nodes.count }
    package var freePages: Int { free.count }
    /// Pages kept for prompts to come.
    package var cachedPages: Int { idle.count }
    package var heldPages: Int { nodes.count - free.count - idle.count }

    package static func pages(for tokens: Int) -> Int { (tokens + positionsPerPage - 1) / positionsPerPage }

    /// Gives a request room for `tokens` positions, of which the prompt is the first part; nil while there is not enough.
    package mutating func admit(prompt: [Int32], tokens: Int) -> Admission? {
        // The last token is always computed: its logits are wanted.
        let limit = prompt.count - 1
        var matched: [Int32] = [], parent: Int32 = -1, at = 0
        while at + Self.positionsPerPage <= limit, let page = byKey[Key(parent: parent, tokens: prompt[at..<at + Self.positionsPerPage])] {
            matched.append(page)
            parent = page
            at += Self.positionsPerPage
        }
        let wanted = max(Self.pages(for: tokens) - matched.count, 0)
        // What is about to be held or copied is not to be had.
        let free = free.count + idle.count - matched.count { nodes[Int($0)].users == 0 }
        guard free >= wanted else { return nil }
        let beginning = longestBeginning(of: prompt[at..<max(limit, at)], among: parent < 0 ? rootChildren : nodes[Int(parent)].children)
        // A page that is copied from is needed for a moment more than those that are held: without it where there is none to spare.
        let source = beginning.flatMap { free > wanted || nodes[Int($0.page)].users > 0 ? $0 : nil }
        for page in matched { hold(page) }
        if let source { hold(source.page) }
        let own = (0..<wanted).map { _ in take() }
        if let source { release(source.page) }
        let copy = source.flatMap { source in own.first.map { (from: source.page, to: $0) } }
        return Admission(
            hold: Hold(pages: matched + own, published: matched.count), cachedTokens: at + (copy == nil ? 0 : source?.length ?? 0),
            copy: copy)
    }

    /// The child that begins with the most of these tokens.
    private func longestBeginning(of tokens: ArraySlice<Int32>, among children: [Int32]) -> (page: Int32, length: Int)? {
        var best: (page: Int32, length: Int)?
        for page in children.suffix(Self.mostCompared).reversed() {
            let length = zip(nodes[Int(page)].tokens, tokens).prefix { $0 == $1 }.count
            if length >= Self.leastCopied, length > best?.length ?? 0 { best = (page, length) }
        }
        return best
    }

    /// Tells that the first `computed` positions of a request's prompt are in its pages: those that are full may be shared from now on.
    package mutating func publish(_ hold: inout Hold, prompt: [Int32], computed: Int) {
        let full = min(computed, prompt.count) / Self.positionsPerPage
        while hold.published < full {
            let index = hold.published, page = hold.pages[index], parent = index == 0 ? -1 : hold.pages[index - 1]
            // A copy: a slice would keep all of the prompt.
            let tokens = Array(prompt[index * Self.positionsPerPage..<(index + 1) * Self.positionsPerPage])[...]
            let key = Key(parent: parent, tokens: tokens)
            if let same = byKey[key] {
                // Another request computed the same meanwhile, with the same bits: hold that one.
                self.hold(same)
                hold.pages[index] = same
                free.append(page)
            } else {
                byKey[key] = page
                nodes[Int(page)] = Node(parent: parent, tokens: tokens, users: 1)
                if parent < 0 { rootChildren.append(page) } else { nodes[Int(parent)].children.append(page) }
            }
            hold.published += 1
        }
    }

    /// Takes a request's pages back.
    package mutating func release(_ hold: Hold) {
        free += hold.pages[hold.published...].reversed()
        // Children before parents: they are to go first.
        for page in hold.pages[..<hold.published].reversed() { release(page) }
    }

    private mutating func hold(_ page: Int32) {
        if nodes[Int(page)].users == 0 { idle.remove(Int(page)) }
        nodes[Int(page)].users += 1
    }

    private mutating func release(_ page: Int32) {
        nodes[Int(page)].users -= 1
        if nodes[Int(page)].users == 0 { idle.append(Int(page)) }
    }

    /// A page for a request: a free one, or that of the node that was not used for longest.
    private mutating func take() -> Int32 {
        if let page = free.popLast() { return page }
        guard let oldest = idle.popFirst() else { preconditionFailure("a page was promised that is not there") }
        let node = nodes[oldest], page = Int32(oldest)
        precondition(node.children.isEmpty, "a page of the prefix cache went before its children")
        byKey[Key(parent: node.parent, tokens: node.tokens)] = nil
        if node.parent < 0 {
            rootChildren.removeAll { $0 == page }
        } else {
            nodes[Int(node.parent)].children.removeAll { $0 == page }
        }
        nodes[oldest] = Node()
        return page
    }
}
