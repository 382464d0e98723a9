/// What reviews say, by facet or by rating where it depends on that. Each list is for one thing to be said; `<value>` is an attribute of
/// the article, `<wish>` one that the customer would rather have had.
enum ReviewPhrases {
    static let openings: [Phrase] = [
        "{I |}{bought|ordered|got} <this> {for|before} {a week|ten days|a long weekend} in {the hills|Wales|the Alps|Norway|the desert}.",
        "{My|The} old <thing> {gave up|fell apart} {last autumn|in spring|on a trip}, so {I|we} {needed|had to find} {another|others}.",
        "{I have|We have} {used|carried|lived with} <this> for {about |nearly |}{two|three|five|six} {weeks|months|trips} now.",
        "{After|Following} {a lot of|far too much|some} {reading|research|hesitation} {I|we} {chose|settled on|went with} <this>.",
        "{A friend|My sister|Somebody in the club|The guide} {recommended|swears by|lent me} <this>{, so here I am|}.",
        "{This was|It was} {a gift|a present|an impulse buy}, and {I knew nothing about <this>|expectations were low|I was curious}.",
        "{Third|Second|Fourth} <thing> {I have owned|from this shop}, {so I can compare|and not the last|for what that is worth}.",
        "{Short version|In short|To sum up}: {read on|it depends on what you want|details below}.",
    ]

    /// Of an attribute that the customer wanted and has.
    static let praises = Facet.allCases.map(praise)

    private static func praise(_ facet: Facet) -> [Phrase] {
        switch facet {
        case .purpose:
            [
                "For <value> <it> <is> {spot on|exactly what I was after|hard to beat}.",
                "{I|We} {do|go in for|live for} <value>, and {here|for that} <this> {shine<s>|deliver<s>|work<s> a treat}.",
                "{Anyone|Everybody} who {loves|is serious about} <value> {should look no further|will feel at home with <them>}.",
                "{Finally|At last} {something|one maker} that {understands|was thought out for} <value>.",
            ]
        case .trait:
            [
                "Best of all, <it> <is> {really|properly|truly} <value>, {which|and that} {matters most to me|is why I bought <them>}.",
                "{I|We} {wanted|asked for|insisted on} something <value> and {got it|this is it|nobody let us down}.",
                "{How|So} <value> <it> <is> {still surprises me|makes all the difference|is the whole point}.",
                "<value> is {no empty word|the right word|what it says and what you get} here.",
            ]
        case .make:
            [
                "That <it> <is> <value> {sold me|decided it|is a big plus for me}.",
                "{I|We} {only buy|look for|always prefer} <value> {gear|things|kit}, {so this was an easy choice|and here <it> <is>}.",
                "{You can tell|It shows} that <it> <is> <value>, {in the best way|and I like that}.",
                "{More|All} gear should be <value> like this.",
            ]
        case .color:
            [
                "The <value> {looks gorgeous|is even better in daylight|gets me compliments}.",
                "{I|We} {adore|love|have a weakness for} <value>, and {this shade|the colour} {is perfect|does not fade}.",
                "<value> was {a must|the reason to choose <this>|what caught my eye}.",
                "{Everything|All} I carry is <value>, {so this fits right in|and now <this> too}.",
            ]
        }
    }

    /// Of an attribute that is not what the customer wanted.
    static let regrets = Facet.allCases.map(regret)

    private static func regret(_ facet: Facet) -> [Phrase] {
        switch facet {
        case .purpose:
            [
                "<it> <is> {made|meant} for <value> though, and {what I do|my thing} is <wish>.",
                "{I|We} had {hoped for|expected} something for <wish>, but {clearly|alas} <value> was on the designers' minds.",
                "{If only|I wish} <it> <was> {thought out|built} for <wish> {rather|and not so much} for <value>.",
            ]
        case .trait:
            [
                "<value>, yes, but {I would rather have|I was after} something <wish>.",
                "{If only|I wish} <it> <was> {more|a bit more} <wish>.",
                "{Not|Hardly} <wish>, which {is a pity|matters to me}; <value> {is no substitute|does not make up for it}.",
            ]
        case .make:
            [
                "{I|We} {usually|normally} {go for|buy} <wish> {gear|kit}, and <value> {is not the same|does not do it for me}.",
                "<value> {is fine|sounds nice}, {but|yet} <wish> would have {been better|suited me}.",
                "{A pity|Too bad} <it> <is> not <wish>.",
            ]
        case .color:
            [
                "{A pity|Too bad} there was no <wish>: <value> {is not for me|is an acquired taste|I can live with}.",
                "I {asked for|wanted} <wish> and {settled for|ended up with} <value>.",
                "The <value> {is fine|looks okay}, {but|though} <wish> {would have been lovely|is more me}.",
            ]
        }
    }

    /// Of an attribute that the customer does not care about.
    static let mentions = Facet.allCases.map(mention)

    private static func mention(_ facet: Facet) -> [Phrase] {
        switch facet {
        case .purpose:
            [
                "{The label|The box|The shop} says <value>; {I cannot judge that|no idea|others may know}.",
                "{Apparently|It seems} <it> <is> {aimed at|intended for} <value>.",
                "{Sold|Advertised} for <value>, {used|taken} everywhere by us.",
            ]
        case .trait:
            [
                "<it> <is> <value>, {as promised|for what it is worth|not that I need that}.",
                "{Quite|Rather|Pretty} <value>{, too|, I suppose|}.",
                "{Reviewers|People} call <them> <value>, {fair enough|and I agree}.",
            ]
        case .make:
            [
                "{Mine|Ours|This one} <is> from the <value> {line|range}.",
                "<value>, {says the tag|it says}, {all the same to me|whatever that means}.",
                "{They|The people} {make much of|are proud of} <value> {gear|design}.",
            ]
        case .color:
            [
                "{I|We} {got|took} <them> in <value>.", "<value> was {the only colour left|cheapest|on offer}.",
                "{Mine|Ours} came in <value>{, fine by me|, not that it matters|}.",
            ]
        }
    }

    /// What has nothing to do with attributes.
    static let asides: [Phrase] = [
        "{Delivery|Shipping} took {two|three|four|nine} days{ and the box was dented|, which is fine| because of the holidays}.",
        "{It rained|We had rain|There was drizzle} {the whole time|for two days|on and off}, {of course|as ever|and nobody minded}.",
        "{My|The} {dog|youngest|brother in law|neighbour} {approves|laughed at me|has asked to borrow <them>|was not impressed}.",
        "{The instructions|The leaflet} {could be clearer|went straight into the bin|come in nine languages}.",
        "{Customer service|The shop} {answered|wrote back} within {an hour|a day|a week}{, very friendly|, to their credit|}.",
        "{I|We} {paid|got <them> for} {full price|a little less in the sale|more than planned}.",
        "{We|I} {walked|rode|covered} {eighteen|thirty|forty} {miles|kilometres} {that day|on the first day|before lunch}.",
        "{The zip|The seam|One strap|A toggle} {needed a little wax|was stiff at first|came loose once but was easily fixed}.",
        "{Coffee|Tea|Soup} at {sunrise|the top|midnight} {never tasted better|made up for the climb|was cold by then}.",
        "{Packaging|The wrapping} {was plain cardboard|used too much plastic|smelled odd}.",
        "{I|We} {left <them> in the car|forgot <them> on a bench} {once|for a night}, {no harm done|lesson learned|still fine}.",
        "{Sizes|Measurements} {run true|run a bit small|are as stated}.",
        "{Next|This} {summer|winter|year} we {plan|hope} to {go further|try the coast path|stay longer}.",
        "{The photos|Pictures} {do not do <them> justice|are accurate|made <them> look bigger}.",
        "{There are|You can find} {cheaper|dearer|other} ones, {and I tried some|of course|no doubt}.",
        "{After|Since} the {second|third} {wash|trip} nothing {has changed|to report|came apart}.",
        "{Camp|The hut|Our site} was {crowded|empty|full of midges}{, but that is another story|}.",
        "I am {tall|short|clumsy|no expert}, {so take this with a grain of salt|which did not matter|and still got on with <them>}.",
    ]

    /// By stars.
    static let closings = (0...5).map(closing)

    private static func closing(_ rating: Int) -> [Phrase] {
        switch rating {
        case ...2:
            [
                "{Sent back|Returned|Going back}.", "{Would|Will} not {buy|order} again.",
                "{Sadly|Overall} {not for me|a miss|a disappointment}.",
                "{Money|Cash} {badly|poorly} spent.",
            ]
        case 3:
            [
                "{Does the job|Gets it done}, {no more|nothing special}.", "{All in all|Overall} {average|so so|okay}.",
                "{Mixed|Lukewarm} feelings.", "{Fine|Decent} {for the price|as a spare}.",
            ]
        case 4:
            [
                "{Very|Quite} {happy|pleased} {overall|all in all}.", "{Good|Solid} {buy|choice}{, would order again|}.",
                "{Recommended|A safe bet} {with small reservations|for most people}.",
            ]
        default:
            [
                "{Could not|Cannot} be happier.", "{Five stars|Top marks}{, no question|, easily|}.",
                "{Highly recommended|Buy <them>}{!|.|, you will not regret it.}",
                "{I|We} would {buy|choose} <them> again {tomorrow|in a heartbeat}.",
            ]
        }
    }

    static let summaries = (0...5).map(summary)

    private static func summary(_ rating: Int) -> [Phrase] {
        switch rating {
        case ...2:
            ["{not for me|disappointed|expected more|avoid|wrong <thing> for my needs}", "{would|could} not {recommend|love} <this>"]
        case 3: ["{it is okay|average|decent <thing>|so so}", "{does|did} what it should", "mixed {feelings|bag}"]
        case 4: ["{good|solid|nice|well made} <thing>", "{very|quite} {good|pleased|useful}", "{almost|nearly} perfect"]
        default:
            [
                "{love|adore} <this>!", "{perfect|excellent|fantastic|superb} <thing>", "{just|exactly} what I {wanted|needed}",
                "{best|favourite} <thing> {so far|ever}",
            ]
        }
    }

    /// Where there are only a few words.
    static let shorts: [Phrase] = [
        "{Good|Nice|Fine|Great} <thing>, {would buy again|thanks|as described}.", "{Works|Does the job}{.|!|, nothing more to say.}",
        "{Exactly|Just} as {described|pictured}{.| and quick delivery.}", "{For <value>|Really <value>}{, great|: yes}.", "ok",
    ]
}
