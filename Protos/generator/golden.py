"""The golden frames of PROTOCOL.md, section 10: encoded by Google's protobuf, between two markers in that file."""

from google.protobuf import descriptor_pool, message_factory, text_format

BEGIN, END = "<!-- golden frames: Protos/generate.sh writes what is below -->", "<!-- end of the golden frames -->"
EPOCH = 0x0123456789ABCDEF
TRACE = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

LIMITS = dict(
    max_frame_bytes=4194304, max_calls_in_flight=1024, max_metadata_bytes=16384, heartbeat_interval_ms=1000, heartbeat_liveness=3,
    initial_credit_messages=64, initial_credit_bytes=1048576)
REVIEW = dict(review_id="r1", user_id="u1", item_id="i1", text="Schön, but it broke.", rating=2.5, timestamp_ms=1262304000000)

# Name, header fields, and the payload's type and fields where there is one.
FRAMES = [
    ("hello-client", dict(kind="KIND_HELLO", limits=dict(
        max_frame_bytes=4194304, max_metadata_bytes=16384, initial_credit_messages=64, initial_credit_bytes=1048576))),
    ("hello-server", dict(kind="KIND_HELLO", limits=LIMITS)),
    ("call-unary", dict(
        kind="KIND_CALL", call_id=1, method="/rdrec.v1.Teacher/GenerateRationale", timeout_us=2000000,
        metadata=[dict(key="traceparent", value=TRACE), dict(key="idempotency-key", value=bytes(range(16)))]),
        "rdrec.v1.GenerateRationaleRequest", dict(review=REVIEW, priority="PRIORITY_BULK")),
    ("call-streamed-requests", dict(kind="KIND_CALL", call_id=2, method="/rdrec.v1.Teacher/StreamRationales")),
    ("call-empty-request", dict(kind="KIND_CALL", call_id=3, method="/rdrec.v1.Teacher/GetLoad"), "rdrec.v1.GetLoadRequest", {}),
    ("message-request", dict(kind="KIND_MESSAGE", call_id=2), "rdrec.v1.GenerateRationaleRequest", dict(review=REVIEW)),
    ("message-response", dict(kind="KIND_MESSAGE", call_id=2, sequence=1), "rdrec.v1.GenerateRationaleResponse", dict(
        error=dict(review_id="r1", status=3, message="empty review"))),
    ("half-close", dict(kind="KIND_HALF_CLOSE", call_id=2, message_count=300)),
    ("status-ok", dict(kind="KIND_STATUS", call_id=1), "rdrec.v1.GenerateRationaleResponse", dict(rationale=dict(
        review_id="r1", user_id="u1", item_id="i1", user_preference="The user wants things that last.",
        item_attributes="The item is beautiful.", provenance=dict(model_name="SmolLM2-135M-Instruct", generated_tokens=17)))),
    ("status-stream-end", dict(kind="KIND_STATUS", call_id=2, message_count=299, metadata=[dict(key="served-by", value=b"w-1")])),
    ("status-resource-exhausted", dict(
        kind="KIND_STATUS", call_id=4, status=8, status_message="the queue is full",
        details=[dict(type="rdrec.rpc.v1.RetryInfo", value=bytes.fromhex("08fa01"))])),
    ("cancel", dict(kind="KIND_CANCEL", call_id=2)),
    ("credit", dict(kind="KIND_CREDIT", call_id=2, credit_messages=32, credit_bytes=524288)),
    ("ping", dict(kind="KIND_PING", sequence=9)),
    ("pong", dict(kind="KIND_PONG", sequence=9)),
    ("goaway", dict(kind="KIND_GOAWAY", status=14, status_message="the server is shutting down")),
    ("bye", dict(kind="KIND_BYE", status=13, status_message="call_id 7 was used before")),
]

# Headers that a receiver refuses: the rule of 2.1 as Wire names it, what is wrong, and the bytes.
MALFORMED = [
    ("truncated", "`method` says 5 bytes and has 2", "0801 1002 3205 2f61"),
    ("truncated", "the tag is there, the value is not", "0801 10"),
    ("varint", "`version` of 11 bytes", "08 8180808080808080808000"),
    ("varint", "a tag of 33 bits", "8880808010 01"),
    ("fieldNumber", "field 0", "0001"),
    ("wireType", "a group (wire type 3)", "0801 1b1c"),
    ("wireType", "`version` as a string", "0a0131"),
    ("duplicateField", "`kind` twice", "1002 1003"),
    ("utf8", "`method` has a surrogate (U+D800)", "3203eda080"),
    ("utf8", "`method` has an over-long slash", "3202c0af"),
    ("nul", "`status_message` has a NUL", "5203610062"),
]


def message_types(descriptor_set):
    """A message class by full name."""
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_set.file:
        pool.Add(file)
    return lambda name: message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName(name))


def section(descriptor_set):
    """The Markdown between the markers."""
    message_type = message_types(descriptor_set)
    out = []
    for name, header_fields, *payload in FRAMES:
        header = message_type("rdrec.rpc.v1.Header")(version=1, epoch=EPOCH, **header_fields)
        out += [f"```golden {name}", *_wrapped("# ", text_format.MessageToString(header, as_one_line=True))]
        out += _wrapped("header ", _hex(header.SerializeToString(deterministic=True)))
        if payload:
            message = message_type(payload[0])(**payload[1])
            out += _wrapped("# ", f"{payload[0]}: {text_format.MessageToString(message, as_one_line=True, as_utf8=True)}".rstrip())
            out += _wrapped("payload ", f"{payload[0]} {_hex(message.SerializeToString(deterministic=True))}".rstrip())
        out += ["```", ""]
    out += ["Headers that a receiver must refuse, and why:", ""]
    for rule, what, text in MALFORMED:
        out += [f"```malformed {rule}", f"# {what}", f"header {_hex(bytes.fromhex(text.replace(' ', '')))}", "```", ""]
    return "\n".join(out) + "\n"


def replace_section(document, descriptor_set):
    """The document with the golden frames between its markers made anew."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"Protos/PROTOCOL.md lacks the line {BEGIN!r} or {END!r}, between which the golden frames go")
    return f"{before}{begin}\n\n{section(descriptor_set)}{end}{after}"


def _hex(data):
    return data.hex()


def _wrapped(head, text):
    """Lines of at most 132 characters; what continues starts with two spaces."""
    lines, room = [], 132 - len(head)
    while len(text) > room:
        cut = text.rfind(" ", 1, room)
        cut = cut if cut > 0 and head == "# " else room
        lines.append(head + text[:cut].rstrip())
        head, text = ("# " if head == "# " else "  "), text[cut:].lstrip()
    return lines + [(head + text).rstrip()]
