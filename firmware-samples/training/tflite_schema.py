"""
The TensorFlow Lite file format: tables, operators, options. Source: TensorFlow Lite's schema, version 3 (schema.fbs as of 2024),
whose names and numbers these are. Left out: sparsity, signatures, external buffers, options of operators that are not below.
"""

IDENTIFIER = b'TFL3'

TENSOR_TYPES = {
    'FLOAT32': 0, 'FLOAT16': 1, 'INT32': 2, 'UINT8': 3, 'INT64': 4, 'STRING': 5, 'BOOL': 6, 'INT16': 7, 'COMPLEX64': 8, 'INT8': 9,
    'FLOAT64': 10, 'COMPLEX128': 11, 'UINT64': 12, 'RESOURCE': 13, 'VARIANT': 14, 'UINT32': 15, 'UINT16': 16, 'INT4': 17,
}
# struct letters of an element.
ELEMENT_LETTERS = {
    'FLOAT32': 'f', 'FLOAT16': 'e', 'INT32': 'i', 'UINT8': 'B', 'INT64': 'q', 'BOOL': '?', 'INT16': 'h', 'INT8': 'b', 'FLOAT64': 'd',
    'UINT64': 'Q', 'UINT32': 'I', 'UINT16': 'H',
}

PADDINGS = {'SAME': 0, 'VALID': 1}
ACTIVATIONS = {'NONE': 0, 'RELU': 1, 'RELU_N1_TO_1': 2, 'RELU6': 3, 'TANH': 4, 'SIGN_BIT': 5}
MIRROR_PADDINGS = {'REFLECT': 0, 'SYMMETRIC': 1}
WEIGHTS_FORMATS = {'DEFAULT': 0, 'SHUFFLED4x16INT8': 1}

# Option fields whose values have names: the type used below -> (scalar in the file, names).
ENUMS = {
    'TensorType': ('byte', TENSOR_TYPES), 'Padding': ('byte', PADDINGS), 'ActivationFunctionType': ('byte', ACTIVATIONS),
    'MirrorPadMode': ('byte', MIRROR_PADDINGS), 'WeightsFormat': ('byte', WEIGHTS_FORMATS),
}

_ACTIVATION = ('fused_activation_function', 'ActivationFunctionType', 0)
_STRIDES = [('padding', 'Padding', 0), ('stride_w', 'int', 0), ('stride_h', 'int', 0)]
_DILATIONS = [('dilation_w_factor', 'int', 1), ('dilation_h_factor', 'int', 1)]
_POT_SCALE = ('pot_scale_int16', 'bool', True)
_CORNERS = [('align_corners', 'bool', False), ('half_pixel_centers', 'bool', False)]

# Name -> (number in the union BuiltinOptions, fields).
OPTIONS = {
    'Conv2DOptions': (1, [*_STRIDES, _ACTIVATION, *_DILATIONS, ('quantized_bias_type', 'TensorType', 0)]),
    'DepthwiseConv2DOptions': (2, [*_STRIDES, ('depth_multiplier', 'int', 0), _ACTIVATION, *_DILATIONS]),
    'Pool2DOptions': (5, [*_STRIDES, ('filter_width', 'int', 0), ('filter_height', 'int', 0), _ACTIVATION]),
    'SVDFOptions': (6, [('rank', 'int', 0), _ACTIVATION, ('asymmetric_quantize_inputs', 'bool', False)]),
    'FullyConnectedOptions': (8, [_ACTIVATION, ('weights_format', 'WeightsFormat', 0), ('keep_num_dims', 'bool', False),
                                  ('asymmetric_quantize_inputs', 'bool', False), ('quantized_bias_type', 'TensorType', 0)]),
    'SoftmaxOptions': (9, [('beta', 'float', 0.0)]),
    'ConcatenationOptions': (10, [('axis', 'int', 0), _ACTIVATION]),
    'AddOptions': (11, [_ACTIVATION, _POT_SCALE]),
    'L2NormOptions': (12, [_ACTIVATION]),
    'ResizeBilinearOptions': (15, [('new_height', 'int', 0), ('new_width', 'int', 0), *_CORNERS]),
    'ReshapeOptions': (17, [('new_shape', '[int]', None)]),
    'SpaceToDepthOptions': (19, [('block_size', 'int', 0)]),
    'MulOptions': (21, [_ACTIVATION]),
    'PadOptions': (22, []),
    'GatherOptions': (23, [('axis', 'int', 0), ('batch_dims', 'int', 0)]),
    'BatchToSpaceNDOptions': (24, []),
    'SpaceToBatchNDOptions': (25, []),
    'TransposeOptions': (26, []),
    'ReducerOptions': (27, [('keep_dims', 'bool', False)]),
    'SubOptions': (28, [_ACTIVATION, _POT_SCALE]),
    'DivOptions': (29, [_ACTIVATION]),
    'SqueezeOptions': (30, [('squeeze_dims', '[int]', None)]),
    'StridedSliceOptions': (32, [('begin_mask', 'int', 0), ('end_mask', 'int', 0), ('ellipsis_mask', 'int', 0),
                                 ('new_axis_mask', 'int', 0), ('shrink_axis_mask', 'int', 0), ('offset', 'bool', False)]),
    'ExpOptions': (33, []),
    'SplitOptions': (35, [('num_splits', 'int', 0)]),
    'LogSoftmaxOptions': (36, []),
    'CastOptions': (37, [('in_data_type', 'TensorType', 0), ('out_data_type', 'TensorType', 0)]),
    'DequantizeOptions': (38, []),
    'MaximumMinimumOptions': (39, []),
    'ArgMaxOptions': (40, [('output_type', 'TensorType', 0)]),
    'LessOptions': (41, []),
    'NegOptions': (42, []),
    'PadV2Options': (43, []),
    'GreaterOptions': (44, []),
    'GreaterEqualOptions': (45, []),
    'LessEqualOptions': (46, []),
    'SelectOptions': (47, []),
    'SliceOptions': (48, []),
    'TransposeConvOptions': (49, [*_STRIDES, _ACTIVATION, ('quantized_bias_type', 'TensorType', 0)]),
    'TileOptions': (51, []),
    'ExpandDimsOptions': (52, []),
    'EqualOptions': (53, []),
    'NotEqualOptions': (54, []),
    'ShapeOptions': (55, [('out_type', 'TensorType', 0)]),
    'PowOptions': (56, []),
    'ArgMinOptions': (57, [('output_type', 'TensorType', 0)]),
    'PackOptions': (59, [('values_count', 'int', 0), ('axis', 'int', 0)]),
    'UnpackOptions': (64, [('num', 'int', 0), ('axis', 'int', 0)]),
    'SquareOptions': (66, []),
    'FillOptions': (68, []),
    'UnidirectionalSequenceLSTMOptions': (71, [_ACTIVATION, ('cell_clip', 'float', 0.0), ('proj_clip', 'float', 0.0),
                                               ('time_major', 'bool', False), ('asymmetric_quantize_inputs', 'bool', False),
                                               ('diagonal_recurrent_tensors', 'bool', False)]),
    'ResizeNearestNeighborOptions': (74, [*_CORNERS]),
    'LeakyReluOptions': (75, [('alpha', 'float', 0.0)]),
    'SquaredDifferenceOptions': (76, []),
    'MirrorPadOptions': (77, [('mode', 'MirrorPadMode', 0)]),
    'AbsOptions': (78, []),
    'SplitVOptions': (79, [('num_splits', 'int', 0)]),
    'QuantizeOptions': (89, []),
    'HardSwishOptions': (91, []),
    'DepthToSpaceOptions': (94, [('block_size', 'int', 0)]),
    'BatchMatMulOptions': (101, [('adj_x', 'bool', False), ('adj_y', 'bool', False), ('asymmetric_quantize_inputs', 'bool', False)]),
    'CallOnceOptions': (103, [('init_subgraph_index', 'int', 0)]),
    'BroadcastToOptions': (104, []),
    'VarHandleOptions': (111, [('container', 'string', None), ('shared_name', 'string', None)]),
    'ReadVariableOptions': (112, []),
    'AssignVariableOptions': (113, []),
}

# Name of an operator -> (BuiltinOperator, its options or None).
OPERATORS = {
    'ADD': (0, 'AddOptions'), 'AVERAGE_POOL_2D': (1, 'Pool2DOptions'), 'CONCATENATION': (2, 'ConcatenationOptions'),
    'CONV_2D': (3, 'Conv2DOptions'), 'DEPTHWISE_CONV_2D': (4, 'DepthwiseConv2DOptions'), 'DEPTH_TO_SPACE': (5, 'DepthToSpaceOptions'),
    'DEQUANTIZE': (6, 'DequantizeOptions'), 'FLOOR': (8, None), 'FULLY_CONNECTED': (9, 'FullyConnectedOptions'),
    'L2_NORMALIZATION': (11, 'L2NormOptions'), 'L2_POOL_2D': (12, 'Pool2DOptions'), 'LOGISTIC': (14, None),
    'MAX_POOL_2D': (17, 'Pool2DOptions'), 'MUL': (18, 'MulOptions'), 'RELU': (19, None), 'RELU_N1_TO_1': (20, None),
    'RELU6': (21, None), 'RESHAPE': (22, 'ReshapeOptions'), 'RESIZE_BILINEAR': (23, 'ResizeBilinearOptions'),
    'SOFTMAX': (25, 'SoftmaxOptions'), 'SPACE_TO_DEPTH': (26, 'SpaceToDepthOptions'), 'SVDF': (27, 'SVDFOptions'), 'TANH': (28, None),
    'CUSTOM': (32, None), 'PAD': (34, 'PadOptions'), 'GATHER': (36, 'GatherOptions'), 'BATCH_TO_SPACE_ND': (37, 'BatchToSpaceNDOptions'),
    'SPACE_TO_BATCH_ND': (38, 'SpaceToBatchNDOptions'), 'TRANSPOSE': (39, 'TransposeOptions'), 'MEAN': (40, 'ReducerOptions'),
    'SUB': (41, 'SubOptions'), 'DIV': (42, 'DivOptions'), 'SQUEEZE': (43, 'SqueezeOptions'),
    'UNIDIRECTIONAL_SEQUENCE_LSTM': (44, 'UnidirectionalSequenceLSTMOptions'), 'STRIDED_SLICE': (45, 'StridedSliceOptions'),
    'EXP': (47, 'ExpOptions'), 'SPLIT': (49, 'SplitOptions'), 'LOG_SOFTMAX': (50, 'LogSoftmaxOptions'), 'CAST': (53, 'CastOptions'),
    'PRELU': (54, None), 'MAXIMUM': (55, 'MaximumMinimumOptions'), 'ARG_MAX': (56, 'ArgMaxOptions'),
    'MINIMUM': (57, 'MaximumMinimumOptions'), 'LESS': (58, 'LessOptions'), 'NEG': (59, 'NegOptions'), 'PADV2': (60, 'PadV2Options'),
    'GREATER': (61, 'GreaterOptions'), 'GREATER_EQUAL': (62, 'GreaterEqualOptions'), 'LESS_EQUAL': (63, 'LessEqualOptions'),
    'SELECT': (64, 'SelectOptions'), 'SLICE': (65, 'SliceOptions'), 'SIN': (66, None), 'TRANSPOSE_CONV': (67, 'TransposeConvOptions'),
    'TILE': (69, 'TileOptions'), 'EXPAND_DIMS': (70, 'ExpandDimsOptions'), 'EQUAL': (71, 'EqualOptions'),
    'NOT_EQUAL': (72, 'NotEqualOptions'), 'LOG': (73, None), 'SUM': (74, 'ReducerOptions'), 'SQRT': (75, None), 'RSQRT': (76, None),
    'SHAPE': (77, 'ShapeOptions'), 'POW': (78, 'PowOptions'), 'ARG_MIN': (79, 'ArgMinOptions'), 'REDUCE_MAX': (82, 'ReducerOptions'),
    'PACK': (83, 'PackOptions'), 'UNPACK': (88, 'UnpackOptions'), 'REDUCE_MIN': (89, 'ReducerOptions'), 'SQUARE': (92, 'SquareOptions'),
    'FILL': (94, 'FillOptions'), 'RESIZE_NEAREST_NEIGHBOR': (97, 'ResizeNearestNeighborOptions'), 'LEAKY_RELU': (98, 'LeakyReluOptions'),
    'SQUARED_DIFFERENCE': (99, 'SquaredDifferenceOptions'), 'MIRROR_PAD': (100, 'MirrorPadOptions'), 'ABS': (101, 'AbsOptions'),
    'SPLIT_V': (102, 'SplitVOptions'), 'CEIL': (104, None), 'COS': (108, None), 'ELU': (111, None), 'QUANTIZE': (114, 'QuantizeOptions'),
    'ROUND': (116, None), 'HARD_SWISH': (117, 'HardSwishOptions'), 'BATCH_MATMUL': (126, 'BatchMatMulOptions'),
    'CALL_ONCE': (129, 'CallOnceOptions'), 'BROADCAST_TO': (130, 'BroadcastToOptions'), 'VAR_HANDLE': (142, 'VarHandleOptions'),
    'READ_VARIABLE': (143, 'ReadVariableOptions'), 'ASSIGN_VARIABLE': (144, 'AssignVariableOptions'),
}
OPERATOR_NAMES = {code: name for name, (code, _) in OPERATORS.items()}
LAST_CODE_OF_A_BYTE = 127     # deprecated_builtin_code says this where the code does not fit it

# Versions that TFLite's converter writes for int8 tensors; 1 for float32 and where nothing is named. From memory of its list of
# operator versions; runtimes for microcontrollers do not read them, Arm NN neither.
INT8_VERSIONS = {
    'ADD': 2, 'AVERAGE_POOL_2D': 2, 'CONCATENATION': 2, 'CONV_2D': 3, 'DEPTHWISE_CONV_2D': 3, 'DEQUANTIZE': 2, 'FULLY_CONNECTED': 4,
    'LOGISTIC': 2, 'MAX_POOL_2D': 2, 'MUL': 2, 'RELU': 2, 'RELU6': 2, 'SOFTMAX': 2, 'SVDF': 3, 'TANH': 2, 'PAD': 2, 'TRANSPOSE': 2,
    'MEAN': 2, 'SUB': 2, 'UNIDIRECTIONAL_SEQUENCE_LSTM': 3, 'STRIDED_SLICE': 2, 'SPLIT': 2, 'ARG_MAX': 2, 'RESIZE_NEAREST_NEIGHBOR': 2,
    'RESIZE_BILINEAR': 2, 'LEAKY_RELU': 2, 'TRANSPOSE_CONV': 3, 'SLICE': 2, 'MAXIMUM': 2, 'MINIMUM': 2, 'PACK': 2, 'GATHER': 2,
}


def _in_file(fields):
    """Fields as they lie in the file: names of values become their scalar."""
    return [(name, ENUMS[type_][0] if type_ in ENUMS else type_, default) for name, type_, default in fields]


SCHEMA = {
    'Model': [('version', 'uint', 0), ('operator_codes', '[OperatorCode]', None), ('subgraphs', '[SubGraph]', None),
              ('description', 'string', None), ('buffers', '[Buffer]', None), ('metadata_buffer', '[int]', None),
              ('metadata', '[Metadata]', None)],
    'OperatorCode': [('deprecated_builtin_code', 'byte', 0), ('custom_code', 'string', None), ('version', 'int', 1),
                     ('builtin_code', 'int', 0)],
    'SubGraph': [('tensors', '[Tensor]', None), ('inputs', '[int]', None), ('outputs', '[int]', None), ('operators', '[Operator]', None),
                 ('name', 'string', None)],
    'Tensor': [('shape', '[int]', None), ('type', 'byte', 0), ('buffer', 'uint', 0), ('name', 'string', None),
               ('quantization', 'QuantizationParameters', None), ('is_variable', 'bool', False)],
    'QuantizationParameters': [('min', '[float]', None), ('max', '[float]', None), ('scale', '[float]', None), ('zero_point', '[long]', None),
                               ('details_type', 'ubyte', 0), ('details', 'union', None), ('quantized_dimension', 'int', 0)],
    'Operator': [('opcode_index', 'uint', 0), ('inputs', '[int]', None), ('outputs', '[int]', None), ('builtin_options_type', 'ubyte', 0),
                 ('builtin_options', 'union', None), ('custom_options', '[ubyte]', None), ('custom_options_format', 'byte', 0),
                 ('mutating_variable_inputs', '[bool]', None), ('intermediates', '[int]', None)],
    'Buffer': [('data', '[ubyte]16', None)],
    'Metadata': [('name', 'string', None), ('buffer', 'uint', 0)],
    **{name: _in_file(fields) for name, (_, fields) in OPTIONS.items()},
}
UNIONS = {number: name for name, (number, _) in OPTIONS.items()}
