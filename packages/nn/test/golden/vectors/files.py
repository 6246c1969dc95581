"""Writing: safetensors files, and JSON with one case per line."""
import json
import struct

import torch

DTYPES = {torch.float32: 'F32', torch.float16: 'F16', torch.int64: 'I64', torch.bool: 'BOOL'}


def save_safetensors(path, tensors, metadata):
    """Header length, JSON header, data. Wide types come first, so that every tensor is aligned to its type."""
    ordered = sorted(tensors.items(), key=lambda item: -item[1].element_size())
    header, chunks, end = {'__metadata__': metadata}, [], 0
    for name, tensor in ordered:
        data = tensor.detach().contiguous().numpy().tobytes()
        offsets = [end, end + len(data)]
        header[name] = {'dtype': DTYPES[tensor.dtype], 'shape': list(tensor.shape), 'data_offsets': offsets}
        chunks.append(data)
        end += len(data)
    text = json.dumps(header, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 8)
    path.write_bytes(struct.pack('<Q', len(text)) + text + b''.join(chunks))


def save_vectors(path, tensors):
    save_safetensors(path, tensors, {'made_by': 'generate.py', 'torch': torch.__version__})


def save_cases(path, cases):
    path.write_text(list_of(cases) + '\n')


def save_case_lists(path, lists):
    """An object of several lists of cases."""
    parts = [f'{json.dumps(key)}: {list_of(cases)}' for key, cases in lists.items()]
    path.write_text('{\n' + ',\n'.join(parts) + '\n}\n')


def list_of(cases):
    return '[\n' + ',\n'.join(json.dumps(case) for case in cases) + '\n]'
