"""The child process of kind `llamacpp`: llama.cpp's own server. Run with `python -m`; imports nothing of docmind.

The first line of stdin is the configuration as JSON (with the API key: arguments can be seen by every user of the
machine). Stdout gets one line, the server's URL, once it is ready, and is closed when it cannot start. When stdin
closes, the process ends.
"""

import ctypes
import json
import os
import signal
import sys
from typing import Any

ALL_LAYERS = -2
"""llama.cpp's own word for it; its -1 leaves the choice to itself."""
KV_TYPES = {"f16": "GGML_TYPE_F16", "q8_0": "GGML_TYPE_Q8_0", "q4_0": "GGML_TYPE_Q4_0"}
PR_SET_PDEATHSIG = 1
SIZES = 4
"""The least verbosity with which llama.cpp's log tells the sizes of its buffers."""


def main() -> None:
    """Serve until the parent closes stdin or dies."""
    if sys.platform == "linux":  # a parent that is killed may leave stdin open in another process
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever libraries print on stdout belongs to the log
    os.environ["GGML_NO_BACKTRACE"] = "1"  # else an abort of llama.cpp runs gdb for seconds
    import xllamacpp

    try:
        server = xllamacpp.Server(parameters(xllamacpp, json.loads(sys.stdin.readline())))
    except Exception as error:  # its log tells why; a traceback would push that out of what is kept
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        answer.close()
        sys.stdin.read()  # the log is written by a thread, and what that has not written would be lost
        os._exit(1)
    print(server.listening_address, file=answer, flush=True)
    sys.stdin.read()
    os._exit(0)  # the operating system frees faster than llama.cpp's destructors


def parameters(xllamacpp: Any, config: dict[str, Any]) -> Any:
    """llama.cpp's parameters for {path, alias, key, context, gpu_layers, kv_cache, threads}."""
    params = xllamacpp.CommonParams()
    params.model.path, params.model_alias = config["path"], {config["alias"]}
    params.n_ctx, params.n_parallel = config["context"], 1
    if config["gpu_layers"] != "auto":
        params.n_gpu_layers = ALL_LAYERS if config["gpu_layers"] == -1 else config["gpu_layers"]
    if config["threads"]:
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = config["threads"]
    params.cache_type_k = params.cache_type_v = getattr(xllamacpp.ggml_type, KV_TYPES[config["kv_cache"]])
    if config["kv_cache"] != "f16":  # llama.cpp quantises the V cache only with flash attention
        params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_ENABLED
    # The one slot keeps the last prompt, all that one conversation needs; the default keeps up to 8 GiB of older ones.
    params.cache_ram_mib = 0
    params.port, params.api_keys = 0, [config["key"]]
    params.ui, params.cors_origins, params.warmup = False, "", False
    params.endpoint_metrics, params.verbosity = True, SIZES
    return params


if __name__ == "__main__":
    main()
