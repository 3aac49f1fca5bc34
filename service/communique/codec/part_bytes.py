"""Messages whose parts stay bytes, as they are on the wire.

On the wire a part is length-delimited, as `bytes` are. So a message type with the same fields, in
which each part is declared as `bytes`, has the same wire format, and parts that are only copied or
looked up are not parsed, which is several times faster.
"""

from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass


@cache
def with_part_bytes(descriptor: Descriptor) -> Any:
    """Return the message type with the same fields, parts as bytes and words as their numbers."""
    file = FileDescriptorProto(name=descriptor.full_name, syntax="proto3")
    message = file.message_type.add(name=descriptor.name)
    for oneof in descriptor.oneofs:
        message.oneof_decl.add(name=oneof.name)
    for field in descriptor.fields:
        copy = message.field.add(name=field.name, number=field.number, type=_type(field))
        copy.label = copy.LABEL_REPEATED if field.is_repeated else copy.LABEL_OPTIONAL
        if field.containing_oneof is not None:
            copy.oneof_index = field.containing_oneof.index
        elif field.message_type is not None and not field.is_repeated:
            # An empty part differs from an absent one.
            copy.proto3_optional = True
            copy.oneof_index = len(message.oneof_decl)
            message.oneof_decl.add(name=f"_{field.name}")
    pool = DescriptorPool()
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName(descriptor.name))


def _type(field: FieldDescriptor) -> FieldDescriptorProto.Type.ValueType:
    if field.message_type is not None:
        return FieldDescriptorProto.TYPE_BYTES
    if field.enum_type is not None:
        return FieldDescriptorProto.TYPE_INT32
    return FieldDescriptorProto.Type.ValueType(field.type)
