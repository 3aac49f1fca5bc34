"""Messages whose parts stay bytes, as they are on the wire, and messages with some fields alone.

On the wire a part is length-delimited, as `bytes` are. So a message type with the same fields, in
which each part is declared as `bytes`, has the same wire format, and parts that are only copied or
looked up are not parsed, which is several times faster. A field that is not declared can be
discarded without being read.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

PART_BYTES_MAX: Final = 256
"""What is known of a larger part is not cached."""

Fields: TypeAlias = Mapping[str, "Fields | None"]
"""Names of fields, each with those of its own message, or None where that stays bytes."""


def with_part_bytes(descriptor: Descriptor, fields: Fields | None = None) -> Any:
    """Return the message type with the same fields or some of them, and words as their numbers."""
    every: Fields = dict.fromkeys(field.name for field in descriptor.fields)
    file = FileDescriptorProto(name=descriptor.full_name, syntax="proto3")
    file.message_type.append(_with_fields(descriptor, fields or every))
    pool = DescriptorPool()
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName(descriptor.name))


def _with_fields(descriptor: Descriptor, fields: Fields) -> DescriptorProto:
    message = DescriptorProto(name=descriptor.name)
    for name, inner in fields.items():
        field = descriptor.fields_by_name[name]
        copy = message.field.add(name=name, number=field.number, type=_type(field))
        copy.label = copy.LABEL_REPEATED if field.is_repeated else copy.LABEL_OPTIONAL
        if field.message_type is not None and inner is not None:
            part = message.nested_type.add()
            part.CopyFrom(_with_fields(field.message_type, inner))
            part.name = copy.type_name = f"{name}_part"
            copy.type = FieldDescriptorProto.TYPE_MESSAGE
        if field.has_presence and not field.is_repeated:
            # An empty part differs from an absent one.
            copy.proto3_optional = True
            copy.oneof_index = len(message.oneof_decl)
            message.oneof_decl.add(name=f"_{name}")
    return message


def _type(field: FieldDescriptor) -> FieldDescriptorProto.Type.ValueType:
    if field.message_type is not None:
        return FieldDescriptorProto.TYPE_BYTES
    if field.enum_type is not None:
        return FieldDescriptorProto.TYPE_INT32
    return FieldDescriptorProto.Type.ValueType(field.type)
