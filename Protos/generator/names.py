"""How a name of the schema is spelled in Swift and in protobuf-c's C."""

import re

SWIFT_KEYWORDS = set(
    "as associatedtype async await break case catch class continue default defer deinit do else enum extension fallthrough false for func "
    "guard if import in init inout internal is let nil operator package precedencegroup private protocol public repeat rethrows return "
    "self static struct subscript super switch throw throws true try typealias var where while Self Type Protocol Any".split())


def camel(snake):
    """`call_id` -> `callID`, `exclude_item_ids` -> `excludeItemIDs`, `timeout_us` -> `timeoutUs`."""
    words = snake.split("_")
    spelled = [words[0]] + [{"id": "ID", "ids": "IDs"}.get(word, word.capitalize()) for word in words[1:]]
    return _escaped("".join(spelled))


def lower_first(name):
    """`GenerateRationale` -> `generateRationale`."""
    return _escaped(name[0].lower() + name[1:])


def upper_first(name):
    return name[0].upper() + name[1:]


def enum_prefix(enum_name):
    """`JobState` -> `JOB_STATE_`, what each of its values starts with."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", enum_name).upper() + "_"


def enum_member(enum_name, value_name):
    """`Kind`, `KIND_HALF_CLOSE` -> `halfClose`; a value without the prefix keeps all of its words."""
    prefix = enum_prefix(enum_name)
    stripped = value_name[len(prefix):] if value_name.startswith(prefix) else value_name
    return camel(stripped.lower())


def c_type(full_name):
    """`rdrec.rpc.v1.Header` -> `Rdrec__Rpc__V1__Header`, as protoc-c spells it."""
    return "__".join(upper_first("".join(upper_first(word) for word in part.split("_"))) for part in full_name.split("."))


def c_lower(full_name):
    """`rdrec.rpc.v1.RetryInfo` -> `rdrec__rpc__v1__retry_info`."""
    return "__".join(re.sub(r"(?<![A-Z])(?<!^)(?=[A-Z])", "_", part).lower() for part in full_name.split("."))


def c_upper(full_name):
    return c_lower(full_name).upper()


def c_field(name):
    return name.lower()


def file_stem(path):
    """`rdrec/rpc/v1/envelope.proto` -> `RdrecRpcV1Envelope`."""
    return "".join(upper_first(word) for word in re.split(r"[/_]", path[:-len(".proto")]))


def sentence(text):
    """A comment starts with a capital unless it starts with code or a name with an inner capital, a dot or an underscore."""
    first = text.split(" ")[0].rstrip(",;:")
    return text[0].upper() + text[1:] if first.isalpha() and first.islower() else text


def _escaped(name):
    return f"`{name}`" if name in SWIFT_KEYWORDS else name
