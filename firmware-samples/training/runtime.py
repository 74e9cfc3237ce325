"""
Runs a .tflite file with the C runtime of ../inference itself, built for this machine: the very code that the firmware runs.

    network = Runtime(open('model.tflite', 'rb').read())
    logits = network.run(int8_batch)         # [n][...] of the input's type -> [n][...] of the output's
"""

import ctypes
import os
import subprocess

import numpy

_HOST = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'inference', 'host')
_LIBRARY = os.path.join('build', 'libinference-host.so')
_MAX_RANK = 6
_TYPES = {0: numpy.float32, 2: numpy.int32, 3: numpy.uint8, 4: numpy.int64, 6: numpy.bool_, 7: numpy.int16, 9: numpy.int8}
_STATUS = ['ok', 'not a model', 'unsupported operator', 'unsupported type', 'unsupported option', 'bad shape', 'arena too small']


class _Tensor(ctypes.Structure):
    """struct inference_tensor of inference.h."""
    _fields_ = [('data', ctypes.c_void_p), ('bytes', ctypes.c_uint32), ('type', ctypes.c_uint8), ('rank', ctypes.c_uint8),
                ('is_constant', ctypes.c_bool), ('is_variable', ctypes.c_bool), ('shape', ctypes.c_int32 * _MAX_RANK),
                ('scale', ctypes.c_float), ('zero_point', ctypes.c_int32)]      # what follows is not needed here


class _Error(ctypes.Structure):
    _fields_ = [('status', ctypes.c_int), ('operator_index', ctypes.c_int32), ('detail', ctypes.c_uint32)]


def _load(path):
    if path is None:
        # make knows when it is up to date.
        subprocess.run(['make', '-s', '-C', _HOST, _LIBRARY], check=True)
        path = os.path.join(_HOST, _LIBRARY)
    library = ctypes.CDLL(path)
    library.inference_open.restype = ctypes.c_void_p
    for name in ('inference_input', 'inference_output'):
        function = getattr(library, name)
        function.restype, function.argtypes = ctypes.POINTER(_Tensor), [ctypes.c_void_p, ctypes.c_uint32]
    for name in ('inference_run', 'inference_reset', 'inference_arena_bytes', 'inference_input_count', 'inference_output_count'):
        getattr(library, name).argtypes = [ctypes.c_void_p]
    return library


def _aligned(size):
    """Memory at a multiple of 16: (what keeps it alive, address)."""
    memory = ctypes.create_string_buffer(size + 16)
    return memory, (ctypes.addressof(memory) + 15) & ~15


class RuntimeRefusal(ValueError):
    """What inference_open() said no to."""


class Runtime:
    def __init__(self, model, arena_bytes=16 << 20, library=None):
        """
        model: the file's bytes. library: path of another build of the runtime (such as one with sanitizers).
        Raises RuntimeRefusal with the status, the operator's index and the detail.
        """
        self._library = _load(library)
        self._model, model_at = _aligned(len(model))
        ctypes.memmove(model_at, model, len(model))
        self._arena, arena_at = _aligned(arena_bytes)
        error = _Error()
        operators = (ctypes.c_void_p * 1).in_dll(self._library, 'inference_all_operators')
        self._network = self._library.inference_open(
            ctypes.c_void_p(model_at), ctypes.c_uint32(len(model)), ctypes.c_void_p(arena_at), ctypes.c_uint32(arena_bytes),
            ctypes.byref(operators), ctypes.byref(error))
        if not self._network:
            raise RuntimeRefusal(f'{_STATUS[error.status]}: operator {error.operator_index}, detail {error.detail}')
        self.inputs = [self._library.inference_input(self._network, i).contents
                       for i in range(self._library.inference_input_count(self._network))]
        self.outputs = [self._library.inference_output(self._network, i).contents
                        for i in range(self._library.inference_output_count(self._network))]

    @property
    def arena_bytes(self):
        """The arena's peak."""
        return self._library.inference_arena_bytes(self._network)

    def reset(self):
        """Puts variables back to their start."""
        self._library.inference_reset(self._network)

    @staticmethod
    def _view(tensor):
        type_ = numpy.dtype(_TYPES[tensor.type])
        memory = (ctypes.c_uint8 * tensor.bytes).from_address(tensor.data)
        return numpy.frombuffer(memory, type_).reshape(tuple(tensor.shape[:tensor.rank]))

    def run_once(self, *inputs):
        """One array per input -> one array per output (copies)."""
        for tensor, values in zip(self.inputs, inputs):
            view = self._view(tensor)
            values = numpy.asarray(values)
            if values.dtype != view.dtype or values.size != view.size:
                raise ValueError(f'the input is {values.dtype} of {values.shape}, the network takes {view.dtype} of {view.shape}')
            view[...] = values.reshape(view.shape)
        self._library.inference_run(self._network)
        return [self._view(tensor).copy() for tensor in self.outputs]

    def run(self, batch):
        """A network of one input and one output, over a batch: row by row, in order, variables kept between them."""
        return numpy.stack([self.run_once(row)[0].reshape(self._view(self.outputs[0]).shape[1:]) for row in batch])

    def quantise(self, values):
        """Floats as the first input's integers."""
        tensor = self.inputs[0]
        limits = numpy.iinfo(_TYPES[tensor.type])
        rounded = numpy.round(numpy.asarray(values) / tensor.scale) + tensor.zero_point
        return numpy.clip(rounded, limits.min, limits.max).astype(limits.dtype)

    def dequantise(self, values):
        """The first output's integers as floats."""
        tensor = self.outputs[0]
        return (values.astype(numpy.float32) - tensor.zero_point) * numpy.float32(tensor.scale)
